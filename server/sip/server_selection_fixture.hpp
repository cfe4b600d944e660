#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/server_selection.hpp"
#include "sip/zone_fixture.hpp"

namespace offhook::sip {

class ServerSelectionTest : public testing::Test {
 protected:
  // Two servers with a port, so that only addresses are asked for.
  ServerSelectionTest() {
    zone_.add_address("a.example.com", "192.0.2.1");
    zone_.add_address("b.example.com", "192.0.2.2");
    use({{"a.example.com", 5060, Transport::Udp}, {"b.example.com", 5060, Transport::Udp}});
  }

  void use(std::vector<Server> servers, bool probes = false) {
    ServerSelection::Config config{.servers = std::move(servers)};
    config.probes = probes;
    config.abilities.ipv6 = false;
    selection_.emplace(std::move(config), random_);
  }
  // Drains the outputs; questions are noted, and answered from the zone unless it is silent.
  void drain() {
    while (auto output = selection_->poll_output()) {
      if (const auto* ask = std::get_if<ServerSelection::Ask>(&*output)) {
        asked_.push_back(ask->question);
        if (!is_silent_) {
          selection_->handle_answer(ask->question, zone_.answer(ask->question), now_);
        }
      } else if (const auto* chosen = std::get_if<ServerSelection::Chosen>(&*output)) {
        EXPECT_EQ(selection_->current(), chosen->target);
        events_.push_back(chosen->target.endpoint.address.to_string());
      } else if (const auto* probe = std::get_if<ServerSelection::Probe>(&*output)) {
        events_.push_back("probe " + probe->target.endpoint.address.to_string());
      } else {
        EXPECT_FALSE(selection_->current());
        reason_ = std::get<ServerSelection::NoneLeft>(*output).reason;
        events_.emplace_back("none");
      }
    }
  }
  // What came out since the last call: addresses that were chosen, and "none".
  std::vector<std::string> events() {
    drain();
    return std::exchange(events_, {});
  }
  void start() {
    selection_->start(now_);
    drain();
  }
  // Answers what was asked while the zone was silent.
  void answer(const DnsQuestion& question) {
    selection_->handle_answer(question, zone_.answer(question), now_);
    drain();
  }
  static Target target(const std::string& address, const std::string& host) {
    return {Transport::Udp, {*IpAddress::parse(address), 5060}, host};
  }
  void fail(const Target& target, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    selection_->handle_failed(target, "does not answer", retry_after, now_);
    drain();
  }
  void fail() { fail(*selection_->current()); }
  void succeed() {
    selection_->handle_succeeded(*selection_->current(), now_);
    drain();
  }
  void advance() {
    ASSERT_TRUE(selection_->next_timeout());
    ASSERT_GE(*selection_->next_timeout(), now_);
    now_ = *selection_->next_timeout();
    selection_->handle_timeout(now_);
  }
  // Until something else than DNS happens, or this long.
  void advance_for(Duration time) {
    const Time end = now_ + time;
    while (events_.empty() && selection_->next_timeout() && *selection_->next_timeout() <= end) {
      advance();
      drain();
    }
    if (events_.empty()) now_ = end;
  }

  const Target a_ = target("192.0.2.1", "a.example.com");
  const Target b_ = target("192.0.2.2", "b.example.com");
  Time now_{};
  Zone zone_;
  bool is_silent_ = false;
  SeededRandom random_{1};
  std::optional<ServerSelection> selection_;
  std::vector<DnsQuestion> asked_;
  std::vector<std::string> events_;
  std::string reason_;
};

}  // namespace offhook::sip
