#include <chrono>
#include <sstream>
#include <thread>
#include <unordered_set>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "bench/media_target.hpp"
#include "bench/process.hpp"
#include "control/connection.hpp"
#include "control/message.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

// A leg without one for 120 s stops sending.
constexpr Duration kLeasePeriod = 30s;
constexpr int kPatienceMs = 5'000;

std::string socket_path() { return "/tmp/offhook-bench-" + std::to_string(::getpid()) + ".sock"; }

std::vector<std::string> command_line(const TargetOptions& options) {
  std::vector<std::string> command{
      options.media, "--control",      socket_path(), "--browser-address",
      "127.0.0.1",   "--browser-port", "9000",        "--trunk-address",
      "127.0.0.1",   "--trunk-ports",  "10000-29999", "--log-level",
      "error"};
  std::istringstream extra(options.extra);
  for (std::string word; extra >> word;) command.push_back(word);
  return command;
}

control::Connection connect_to(const MeasuredProcess& process) {
  const Time patience = io::now() + 5s;
  while (io::now() < patience) {
    auto connection = control::Connection::connect(socket_path());
    if (connection) return std::move(*connection);
    if (!process.is_alive()) break;
    std::this_thread::sleep_for(10ms);
  }
  give_up("offhook-media does not start");
}

void set_address(control::Address& into, const Endpoint& endpoint) {
  into.set_ip(endpoint.address.to_string());
  into.set_port(endpoint.port);
}

Endpoint to_endpoint(const control::Address& address) {
  return {IpAddress::parse(address.ip()).value(), static_cast<std::uint16_t>(address.port())};
}

// The media process, told what to do as `offhook signal` does it.
class OffhookTarget final : public Target {
 public:
  explicit OffhookTarget(const TargetOptions& options)
      : process_(command_line(options)), connection_(connect_to(process_)) {}

  void connect(MediaCall& call, const Swarm& swarm) override {
    const std::string number = std::to_string(call.number());
    const control::Event browser = allocate("b-" + number, number, control::AllocateLeg::BROWSER);
    const control::Event trunk = allocate("t-" + number, number, control::AllocateLeg::TRUNK);
    set_browser_remote("b-" + number, call.peer());
    set_trunk_remote("t-" + number, call.far_socket().local(), swarm.rtcp_sink());
    control::Command bridge;
    bridge.mutable_bridge()->set_bridge_id(number);
    bridge.mutable_bridge()->set_leg_a("b-" + number);
    bridge.mutable_bridge()->set_leg_b("t-" + number);
    (void)ask(std::move(bridge));
    legs_.insert("b-" + number);
    legs_.insert("t-" + number);
    const control::LegAllocated& side = browser.leg_allocated();
    call.connect({.candidate = to_endpoint(side.candidates(0)),
                  .ice = {.ufrag = side.ice_ufrag(), .pwd = side.ice_pwd()},
                  .fingerprint = {.algorithm = side.fingerprint_algorithm(),
                                  .value = to_bytes(side.fingerprint())}},
                 to_endpoint(trunk.leg_allocated().rtp()), io::now());
  }

  void release(const MediaCall& call) override {
    for (const char* side : {"b-", "t-"}) {
      const std::string leg = side + std::to_string(call.number());
      control::Command command;
      command.mutable_release()->set_leg_id(leg);
      (void)ask(std::move(command));
      legs_.erase(leg);
    }
  }

  void keep_alive(Time now) override {
    while (receive()) {
    }
    if (now < next_lease_) return;
    next_lease_ = now + kLeasePeriod;
    control::Command command;
    for (const std::string& leg : legs_) command.mutable_renew_lease()->add_leg_id(leg);
    if (!legs_.empty()) send(std::move(command));
  }

  [[nodiscard]] std::optional<std::size_t> leg_count() override {
    control::Command command;
    (void)command.mutable_list();
    return ask(std::move(command)).leg_list().total();
  }

  [[nodiscard]] const MeasuredProcess& process() const override { return process_; }

 private:
  control::Event allocate(const std::string& leg, const std::string& group,
                          control::AllocateLeg::Side side) {
    control::Command command;
    command.mutable_allocate_leg()->set_leg_id(leg);
    command.mutable_allocate_leg()->set_group(group);
    command.mutable_allocate_leg()->set_side(side);
    return ask(std::move(command));
  }

  void set_browser_remote(const std::string& leg, const sim::WebRtcPeer& peer) {
    control::Command command;
    control::SetRemote& remote = *command.mutable_set_remote();
    remote.set_leg_id(leg);
    remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
    remote.set_ice_ufrag(peer.ice().ufrag);
    remote.set_ice_pwd(peer.ice().pwd);
    remote.set_fingerprint_algorithm(peer.fingerprint().algorithm);
    remote.set_fingerprint(std::string(as_text(peer.fingerprint().value)));
    remote.set_dtls_role(control::SetRemote::PASSIVE);
    remote.set_send(true);
    (void)ask(std::move(command));
  }

  void set_trunk_remote(const std::string& leg, const Endpoint& rtp, const Endpoint& rtcp) {
    control::Command command;
    control::SetRemote& remote = *command.mutable_set_remote();
    remote.set_leg_id(leg);
    remote.mutable_format()->set_codec(control::AudioFormat::PCMU);
    set_address(*remote.mutable_rtp(), rtp);
    set_address(*remote.mutable_rtcp(), rtcp);
    remote.set_send(true);
    (void)ask(std::move(command));
  }

  void send(control::Command command) {
    command.set_sequence(++sequence_);
    auto packet = control::encode(command);
    if (!packet || !connection_.send(std::move(*packet))) give_up("offhook-media is gone");
  }

  control::Event ask(control::Command command) {
    send(std::move(command));
    while (true) {
      const auto event = receive();
      if (!event) {
        pollfd ready{connection_.fd(), POLLIN, 0};
        if (::poll(&ready, 1, kPatienceMs) <= 0) give_up("offhook-media does not answer");
        continue;
      }
      if (event->has_command_failed()) {
        give_up("offhook-media refuses: " + event->command_failed().message());
      }
      if (event->in_reply_to() == sequence_) return *event;
    }
  }

  // The next event that is there already.
  std::optional<control::Event> receive() {
    const auto received = connection_.receive();
    if (const auto* closed = std::get_if<control::Connection::Closed>(&received)) {
      give_up("offhook-media is gone: " + closed->reason);
    }
    const auto* packet = std::get_if<control::Connection::Packet>(&received);
    if (packet == nullptr) return std::nullopt;
    auto event = control::decode_event(packet->bytes);
    if (!event) give_up("offhook-media speaks in riddles: " + event.error().message);
    if (event->has_leg_failed()) give_up("a leg failed: " + event->leg_failed().reason());
    if (event->has_timed_out()) give_up("leg " + event->timed_out().leg_id() + " timed out");
    return std::move(*event);
  }

  MeasuredProcess process_;
  control::Connection connection_;
  std::uint64_t sequence_ = 0;
  std::unordered_set<std::string> legs_;
  Time next_lease_{};
};

}  // namespace

std::unique_ptr<Target> start_offhook(const TargetOptions& options) {
  return std::make_unique<OffhookTarget>(options);
}

}  // namespace offhook::bench
