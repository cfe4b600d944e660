#pragma once

#include <deque>
#include <map>
#include <memory>

#include "base/random.hpp"
#include "media/engine.hpp"
#include "sim/media_plane.hpp"

namespace offhook::sim {

// The real media engine as a world's media process, at one address: browsers at a shared port, a
// port pair for each trunk leg.
class EngineMedia final : public MediaPlane {
 public:
  EngineMedia(const Endpoint& browser_port, Random& random);

  void handle(const control::Command& command, Time now) override;
  void handle_packet(MediaPacket packet, Time now) override;
  void handle_timeout(Time now) override;
  [[nodiscard]] std::optional<control::Event> poll_event() override;
  [[nodiscard]] std::optional<MediaPacket> poll_packet() override;
  [[nodiscard]] std::optional<Time> next_timeout() const override;

  void restart() override;
  [[nodiscard]] std::size_t leg_count() const override { return engine_->leg_count(); }
  [[nodiscard]] std::size_t bridge_count() const override { return engine_->bridge_count(); }
  [[nodiscard]] const std::vector<std::string>& faults() const override { return faults_; }

 private:
  // Real sockets are the world's network: here is only who has which port.
  class Ports final : public media::TrunkPorts {
   public:
    explicit Ports(const IpAddress& address) : address_(address) {}
    Result<Pair> open() override;
    void close(const Pair& pair) override;
    std::map<Endpoint, media::SocketId> sockets;
    std::map<media::SocketId, Endpoint> endpoints;

   private:
    IpAddress address_;
    media::SocketId opened_ = 0;
  };

  void start();
  void drain();

  Endpoint browser_port_;
  Random& random_;
  dtls::Certificate certificate_;
  Ports ports_;
  std::unique_ptr<media::Engine> engine_;
  std::deque<MediaPacket> packets_;
  std::vector<std::string> faults_;
};

}  // namespace offhook::sim
