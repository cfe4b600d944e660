#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/system_random.hpp"
#include "bench/demo.hpp"
#include "bench/media_sdp.hpp"
#include "bench/media_target.hpp"
#include "bench/process.hpp"
#include "bench/web_socket.hpp"
#include "io/event_loop.hpp"
#include "sim/browser.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEcho = "4443";
constexpr Duration kPatience = 10s;
constexpr Duration kPause = 5ms;
const IpAddress kPages = *IpAddress::parse("127.0.0.10");

// A call of the swarm as what a page has behind it.
class CallMedia final : public sim::BrowserMedia {
 public:
  explicit CallMedia(MediaCall& call) : call_(call) {}
  std::string make_offer() override { return browser_offer(call_); }
  std::string make_answer(const std::string&, Time) override {
    give_up("a call came in, and nobody expects one");
  }
  void take_answer(const std::string& answer, Time now) override {
    call_.connect_to_echo(gateway_side_of(answer), now);
  }
  void close() override {}

 private:
  MediaCall& call_;
};

// A page in a browser of its own: SIP over a WebSocket.
class Phone {
 public:
  Phone(WebSocket web_socket, MediaCall& call, Random& random)
      : web_socket_(std::move(web_socket)),
        media_(call),
        browser_("load-" + std::to_string(call.number()), "demo", random, media_) {}

  void call_echo() {
    browser_.connected(io::now());
    wait([this] { return browser_.registered(); }, "a phone could not register");
    browser_.dial(kEcho, io::now());
    wait([this] { return browser_.state() == sim::Browser::State::Talking; }, "no answer");
  }
  void hang_up() {
    browser_.hang_up(io::now());
    exchange(io::now());
  }
  void exchange(Time now) {
    if (is_due(browser_.next_timeout(), now)) browser_.handle_timeout(now);
    while (const auto message = web_socket_.poll()) browser_.handle(*message, now);
    while (const auto message = browser_.poll_message(now)) web_socket_.send(*message);
    if (web_socket_.is_closed()) give_up("a WebSocket was closed");
    if (!browser_.fault().empty()) give_up(browser_.fault());
  }

 private:
  template <typename Condition>
  void wait(Condition condition, const char* otherwise) {
    const Time patience = io::now() + kPatience;
    while (!condition()) {
      exchange(io::now());
      if (browser_.state() == sim::Browser::State::Over || io::now() > patience) {
        give_up(std::string(otherwise) + ": " + std::to_string(browser_.status()) + " " +
                browser_.reason());
      }
      std::this_thread::sleep_for(kPause);
    }
  }

  WebSocket web_socket_;
  CallMedia media_;
  sim::Browser browser_;
};

// The whole of Offhook: each call is set up by SIP over a WebSocket, and answered by the provider
// stand-in's echo.
class SipTarget final : public Target {
 public:
  explicit SipTarget(const TargetOptions& options) : process_(demo_command(options.offhook)) {
    std::this_thread::sleep_for(3s);
    session_ = std::make_unique<WebSocket::Session>(demo().page, kPages);
  }

  void connect(MediaCall& call, const Swarm&) override {
    auto& phone = phones_[call.number()];
    phone = std::make_unique<Phone>(session_->open(), call, random_);
    phone->call_echo();
  }
  void release(const MediaCall& call) override {
    phones_.at(call.number())->hang_up();
    phones_.erase(call.number());
  }
  void keep_alive(Time now) override {
    for (auto& [number, phone] : phones_) phone->exchange(now);
  }
  [[nodiscard]] const MeasuredProcess& process() const override { return process_; }

 private:
  MeasuredProcess process_;
  SystemRandom random_;
  std::unique_ptr<WebSocket::Session> session_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Phone>> phones_;
};

}  // namespace

std::unique_ptr<Target> start_sip(const TargetOptions& options) {
  return std::make_unique<SipTarget>(options);
}

}  // namespace offhook::bench
