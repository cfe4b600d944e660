#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dtls/certificate.hpp"
#include "media/engine.hpp"
#include "media/tcp_listener.hpp"
#include "media/trunk_port_range.hpp"
#include "media/udp_socket.hpp"

namespace offhook::media {

// The engine's shell: the sockets and the clock of one thread. Everything that it waits for is in
// one epoll, and only post() and end() may be called by another thread.
class Worker {
 public:
  struct Config {
    std::vector<UdpSocket> browser_sockets;        // candidates in this order
    std::vector<TcpListener> browser_listeners{};  // none: no ICE over TCP
    // What browsers are told instead, address for address; empty: where the sockets are.
    std::vector<IpAddress> advertised_browser_addresses{};
    TrunkPortRange::Config trunk;
    std::string software;
    std::shared_ptr<const Music> hold_music{};  // null: the built-in
  };
  // What the engine says; `connection` is that of the command where it is a reply. Called on the
  // worker's thread.
  using EventSink = std::function<void(std::uint64_t connection, control::Event event)>;

  [[nodiscard]] static Result<std::unique_ptr<Worker>> open(Config config,
                                                            const dtls::Certificate& certificate,
                                                            EventSink events);
  ~Worker();

  // A command for step() to carry out.
  void post(std::uint64_t connection, control::Command command);
  // step() returns false from now on.
  void end();

  // Waits for something to happen, at most for so long (negative: for ever), and deals with it.
  // False: told to end.
  [[nodiscard]] bool step(std::chrono::milliseconds longest);

  // What browsers are told.
  [[nodiscard]] const std::vector<Endpoint>& browser_candidates() const;
  [[nodiscard]] const std::vector<Endpoint>& browser_tcp_candidates() const;
  [[nodiscard]] std::size_t trunk_port_pairs() const;
  // Datagrams that the kernel did not take.
  [[nodiscard]] std::uint64_t unsent_datagrams() const;

 private:
  class Impl;
  explicit Worker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::media
