#include "sim/engine_media.hpp"

#include <utility>

#include "base/limits.hpp"

namespace offhook::sim {
namespace {

constexpr std::uint16_t kFirstEnginePort = 20'000;

}  // namespace

Result<media::TrunkPorts::Pair> EngineMedia::Ports::open() {
  const media::SocketId rtp = ++opened_;
  const media::SocketId rtcp = ++opened_;
  const auto port = static_cast<std::uint16_t>(kFirstEnginePort + rtp - 1);
  const Pair pair{.rtp_socket = rtp,
                  .rtcp_socket = rtcp,
                  .rtp = {address_, port},
                  .rtcp = {address_, static_cast<std::uint16_t>(port + 1)}};
  for (const auto& [socket, endpoint] : {std::pair{rtp, pair.rtp}, std::pair{rtcp, pair.rtcp}}) {
    sockets[endpoint] = socket;
    endpoints[socket] = endpoint;
  }
  return pair;
}

void EngineMedia::Ports::close(const Pair& pair) {
  sockets.erase(pair.rtp);
  sockets.erase(pair.rtcp);
  endpoints.erase(pair.rtp_socket);
  endpoints.erase(pair.rtcp_socket);
}

EngineMedia::EngineMedia(const Endpoint& browser_port, Random& random)
    : browser_port_(browser_port),
      random_(random),
      certificate_(dtls::Certificate::make().value()),
      ports_(browser_port.address) {
  start();
}

void EngineMedia::start() {
  engine_ = std::make_unique<media::Engine>(
      media::Engine::Config{.browser_candidates = {browser_port_}, .software = "offhook/sim"},
      certificate_, ports_, random_);
}

void EngineMedia::restart() {
  engine_.reset();
  ports_.sockets.clear();
  ports_.endpoints.clear();
  packets_.clear();
  start();
}

void EngineMedia::handle(const control::Command& command, Time now) {
  engine_->handle_command(command, now);
  drain();
}

void EngineMedia::handle_packet(MediaPacket packet, Time now) {
  const auto trunk = ports_.sockets.find(packet.to);
  if (trunk == ports_.sockets.end() && packet.to != browser_port_) return;  // closed by now
  const media::SocketId socket = packet.to == browser_port_ ? media::kBrowserSocket : trunk->second;
  const std::size_t size = packet.bytes.size();
  packet.bytes.resize(limits::kMediaDatagramBytes);
  engine_->handle_datagram(socket, packet.from, MutableByteView(packet.bytes).first(size), now);
  drain();
}

void EngineMedia::handle_timeout(Time now) {
  if (!is_due(engine_->next_timeout(), now)) return;
  engine_->handle_timeout(now);
  drain();
}

// The engine's packets are views into its buffers and ours.
void EngineMedia::drain() {
  while (const auto datagram = engine_->poll_datagram()) {
    const auto trunk = ports_.endpoints.find(datagram->socket);
    const bool to_browser = datagram->socket == media::kBrowserSocket;
    if (!to_browser && trunk == ports_.endpoints.end()) continue;
    packets_.push_back({to_browser ? browser_port_ : trunk->second,
                        datagram->remote,
                        {datagram->bytes.begin(), datagram->bytes.end()}});
  }
}

std::optional<control::Event> EngineMedia::poll_event() {
  auto event = engine_->poll_event();
  if (event && event->has_command_failed()) {
    faults_.push_back("media refused a command: " + event->command_failed().message());
  }
  return event;
}

std::optional<MediaPacket> EngineMedia::poll_packet() {
  if (packets_.empty()) return std::nullopt;
  MediaPacket packet = std::move(packets_.front());
  packets_.pop_front();
  return packet;
}

std::optional<Time> EngineMedia::next_timeout() const { return engine_->next_timeout(); }

}  // namespace offhook::sim
