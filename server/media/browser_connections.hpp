#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "media/engine.hpp"
#include "media/frame_reader.hpp"
#include "media/tcp_listener.hpp"

namespace offhook::media {

// ICE over TCP (RFC 6544) for networks that let no UDP pass: listeners, and the connections that
// browsers open there. What comes in is to the engine a datagram, on a path of the connection's own
// number. What is to go out goes at once or never: media that waits is no better than media that is
// lost, so that the kernel's buffer is the only queue.
//
// Everything is bounded: limits::kBrowserConnections in all and kBrowserConnectionsPerSource of one
// source; who has not had a check authenticated within kBrowserConnectionProofTime is closed, and
// so is who was claimed by a leg that is gone.
class BrowserConnections {
 public:
  // Whether a leg knows this path (Engine::is_claimed).
  using IsClaimed = std::function<bool(SocketId, const Endpoint& remote)>;

  // Sockets are watched by `epoll` with their SocketId as data.
  BrowserConnections(std::vector<TcpListener> listeners, int epoll, IsClaimed is_claimed);

  // False: the listeners cannot be watched.
  [[nodiscard]] bool watch_listeners();

  // Something of one of ours is ready: call receive() until nullopt.
  void handle_ready(SocketId socket, Time now);
  struct Packet {
    SocketId socket;
    Endpoint remote;
    // With limits::kMediaDatagramBytes of room from its beginning; until the next receive().
    MutableByteView bytes;
  };
  [[nodiscard]] std::optional<Packet> receive();
  // Copies. Drops and counts what the connection cannot take now, and what is for none.
  void send(SocketId socket, ByteView packet);

  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return sweep_at_; }

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr SocketId kFirstConnection = kBrowserConnections + 256;  // listeners before it
  static constexpr Duration kSweepInterval = std::chrono::seconds(1);

  struct Connection {
    control::FileDescriptor socket;
    Endpoint remote;
    Time accepted_at{};
    FrameReader reader{};
    Bytes unsent{};  // the rest of a packet whose beginning was sent
    bool was_claimed = false;
  };

  void accept_from(TcpListener& listener, Time now);
  [[nodiscard]] bool has_room_for(const Endpoint& remote) const;
  void add(TcpListener::Accepted accepted, Time now);
  void read(SocketId socket, Connection& connection);
  // False: the connection is broken.
  [[nodiscard]] bool send_unsent(SocketId socket, Connection& connection);
  void watch(SocketId socket, const Connection& connection, bool for_writing);
  void pause_listeners(bool paused);
  void close(SocketId socket);
  [[nodiscard]] Connection* find(SocketId socket);

  std::vector<TcpListener> listeners_;
  int epoll_;
  IsClaimed is_claimed_;
  std::unordered_map<SocketId, Connection> connections_;
  std::unordered_map<IpAddress, std::size_t> sources_;  // by network
  SocketId next_connection_ = kFirstConnection;
  std::optional<Time> sweep_at_;  // while there are connections, or the listeners pause
  bool paused_ = false;           // no descriptor was left
  std::uint64_t dropped_ = 0;

  SocketId reading_ = 0;  // whose bytes are in input_
  std::array<std::uint8_t, 16'384> input_;
  std::array<std::uint8_t, limits::kMediaDatagramBytes> packet_;
};

}  // namespace offhook::media
