#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>

#include "bench/demo.hpp"
#include "bench/media_sdp.hpp"
#include "bench/media_target.hpp"
#include "bench/phones.hpp"
#include "bench/process.hpp"
#include "bench/web_socket.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEcho = "4443";
constexpr Duration kPatience = 10s;
constexpr Duration kPause = 5ms;
const IpAddress kPages = *IpAddress::parse("127.0.0.10");

// The whole of Offhook: each call is set up by SIP over a WebSocket, and answered by the provider
// stand-in's echo.
class SipTarget final : public Target {
 public:
  explicit SipTarget(const TargetOptions& options)
      : process_(demo_command(options.offhook, kDialWithoutLimits)) {
    std::this_thread::sleep_for(3s);
    WebSocket::Session session(demo().page, kPages);
    phones_ = std::make_unique<Phones>(session, "demo", Phones::kDevices);
  }

  void connect(MediaCall& call, const Swarm&) override {
    const sip::SessionId dialled = phones_->dial(kEcho, browser_offer(call), io::now());
    sessions_.insert_or_assign(call.number(), dialled);
    const Time patience = io::now() + kPatience;
    while (!is_answered(call)) {
      if (io::now() > patience) give_up("no answer");
      std::this_thread::sleep_for(kPause);
      phones_->exchange(io::now());
    }
  }
  void release(const MediaCall& call) override {
    phones_->hang_up(sessions_.at(call.number()), io::now());
    phones_->exchange(io::now());
    sessions_.erase(call.number());
  }
  void keep_alive(Time now) override {
    phones_->exchange(now);
    while (const auto event = phones_->poll_event()) fail_if_over(*event);
  }
  [[nodiscard]] const MeasuredProcess& process() const override { return process_; }

 private:
  // Only this call is under way.
  bool is_answered(MediaCall& call) {
    bool answered = false;
    while (const auto event = phones_->poll_event()) {
      fail_if_over(*event);
      if (const auto* answer = std::get_if<Phones::AnswerReceived>(&*event)) {
        call.connect_to_echo(gateway_side_of(answer->sdp), io::now());
      }
      answered = answered || std::holds_alternative<Phones::Connected>(*event);
    }
    return answered;
  }
  static void fail_if_over(const Phones::Event& event) {
    const auto* over = std::get_if<Phones::Over>(&event);
    if (over == nullptr) return;
    give_up("a call is over: " + std::to_string(over->status) + " " + over->reason);
  }

  MeasuredProcess process_;
  std::unique_ptr<Phones> phones_;
  std::unordered_map<std::uint32_t, sip::SessionId> sessions_;  // by the call's number
};

}  // namespace

std::unique_ptr<Target> start_sip(const TargetOptions& options) {
  return std::make_unique<SipTarget>(options);
}

}  // namespace offhook::bench
