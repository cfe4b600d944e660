#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/overloaded.hpp"
#include "sip/registration.hpp"
#include "sip/server_selection.hpp"
#include "sip/zone_fixture.hpp"

// The choice of a server and the registration there, put together as a trunk does it.
namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using State = Registration::State;

class FailoverTest : public testing::Test {
 protected:
  enum class Mood : std::uint8_t { Well, Silent, Unreachable, Overloaded };
  static constexpr Duration kTimerF = 32s;  // RFC 3261 17.1.2.2

  FailoverTest() {
    zone_.add_address("a.example.com", "192.0.2.1");
    zone_.add_address("b.example.com", "192.0.2.2");
  }

  static ServerSelection::Config servers() {
    ServerSelection::Config config{.servers = {{"a.example.com", 5060, Transport::Udp},
                                               {"b.example.com", 5060, Transport::Udp}}};
    config.abilities.ipv6 = false;
    config.probes = true;
    return config;
  }
  static Registration::Config account() {
    Registration::Config config;
    config.account = {"100001", "secret"};
    config.call_id = "call";
    return config;
  }
  static NameAddress name_address(const std::string& uri) {
    NameAddress address;
    address.uri = *Uri::parse(uri);
    return address;
  }

  Mood mood_of(const Target& target) { return moods_[target.endpoint.address.to_string()]; }
  Duration time_for(const Target& target) {
    return mood_of(target) == Mood::Silent ? kTimerF : Duration(20ms);
  }
  std::uint16_t status_of(const Target& target) {
    const Mood mood = mood_of(target);
    if (mood == Mood::Well) return 200;
    return mood == Mood::Silent ? 408 : 503;
  }

  void handle(const ServerSelection::Output& output) {
    std::visit(Overloaded{
                   [&](const ServerSelection::Ask& ask) {
                     selection_.handle_answer(ask.question, zone_.answer(ask.question), now_);
                   },
                   [&](const ServerSelection::Chosen& chosen) {
                     chosen_ = chosen.target;
                     const std::string& host = chosen.target.host;
                     registration_.handle_moved(*Uri::parse("sip:" + host),
                                                name_address("sip:100001@" + host),
                                                name_address("sip:100001@192.0.2.7"), now_);
                     registration_.start(now_);
                   },
                   [&](const ServerSelection::Probe& probe) {
                     probed_ = probe.target;
                     probe_ends_at_ = now_ + time_for(probe.target);
                   },
                   [&](const ServerSelection::NoneLeft& none) {
                     chosen_.reset();
                     registration_.handle_no_server(none.reason, now_);
                   },
               },
               output);
  }
  void handle(const Registration::Output& output) {
    std::visit(Overloaded{
                   [&](const Registration::SendRegister& send) {
                     ++requests_;
                     request_ = send.request;
                     const Mood mood = moods_[chosen_->endpoint.address.to_string()];
                     answer_at_ = now_ + (mood == Mood::Silent ? kTimerF : 20ms);
                     status_ = mood == Mood::Well ? 200 : mood == Mood::Silent ? 408 : 503;
                   },
                   [&](const Registration::StateChanged& changed) { reason_ = changed.reason; },
                   [&](const Registration::AddressLearned&) {},
                   [&](const Registration::ServerFailed& failed) {
                     selection_.handle_failed(*chosen_, failed.reason, failed.retry_after, now_);
                   },
                   [&](const Registration::ServerAnswered&) {
                     selection_.handle_succeeded(*chosen_, now_);
                   },
               },
               output);
  }
  void drain() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      if (auto output = selection_.poll_output()) {
        quiet = false;
        handle(*output);
      } else if (auto registered = registration_.poll_output()) {
        quiet = false;
        handle(*registered);
      }
    }
  }
  void run_for(Duration time) {
    const Time end = now_ + time;
    selection_.start(now_);
    drain();
    while (const auto next = next_timeout()) {
      if (*next > end) break;
      now_ = std::max(now_, *next);
      if (is_due(probe_ends_at_, now_)) {
        probe_ends_at_.reset();
        if (status_of(probed_) == 200) {
          selection_.handle_succeeded(probed_, now_);
        } else {
          selection_.handle_failed(probed_, "does not answer", std::nullopt, now_);
        }
      }
      if (is_due(answer_at_, now_)) {
        answer_at_.reset();
        Response response = make_response(*request_, status_, "server");
        response.headers.expires = 300s;
        registration_.handle(response, now_);
      }
      selection_.handle_timeout(now_);
      registration_.handle_timeout(now_);
      drain();
    }
    now_ = end;
  }
  [[nodiscard]] std::optional<Time> next_timeout() const {
    return earliest(earliest(answer_at_, probe_ends_at_),
                    earliest(selection_.next_timeout(), registration_.next_timeout()));
  }
  [[nodiscard]] std::string registered_at() const {
    if (registration_.state() != State::Registered || !chosen_) return "nowhere";
    return chosen_->endpoint.address.to_string();
  }

  Time now_{};
  Zone zone_;
  SeededRandom random_{1};
  std::map<std::string, Mood> moods_;  // of an address
  ServerSelection selection_{servers(), random_};
  Registration registration_{account(), random_};
  std::optional<Target> chosen_;
  std::optional<Request> request_;
  std::optional<Time> answer_at_;
  Target probed_;
  std::optional<Time> probe_ends_at_;
  std::uint16_t status_ = 0;
  int requests_ = 0;
  std::string reason_;
};

TEST_F(FailoverTest, RegistersAtTheFirstServerAndStaysThere) {
  run_for(24h);
  EXPECT_EQ(registered_at(), "192.0.2.1");
  EXPECT_LE(requests_, 24 * 3600 / 240 + 2);
}

TEST_F(FailoverTest, MovesAtOnceWhenAServerIsOverloadedOrUnreachable) {
  run_for(1min);
  for (const Mood mood : {Mood::Overloaded, Mood::Unreachable}) {
    moods_["192.0.2.1"] = mood;
    run_for(5min);
    EXPECT_EQ(registered_at(), "192.0.2.2");
    moods_["192.0.2.1"] = Mood::Well;
    run_for(20min);
    EXPECT_EQ(registered_at(), "192.0.2.1");
  }
}

TEST_F(FailoverTest, MovesFromASilentServerAfterOneTimeout) {
  moods_["192.0.2.1"] = Mood::Silent;
  run_for(kTimerF + 1s);
  EXPECT_EQ(registered_at(), "192.0.2.2");
}

TEST_F(FailoverTest, StaysAtTheSecondWhileTheFirstIsSilentAndReturnsThen) {
  moods_["192.0.2.1"] = Mood::Silent;
  run_for(1min);
  for (int second = 0; second < 6 * 3600; ++second) {
    run_for(1s);
    ASSERT_EQ(registered_at(), "192.0.2.2") << second;
  }
  moods_["192.0.2.1"] = Mood::Well;
  run_for(11min);
  EXPECT_EQ(registered_at(), "192.0.2.1");
}

TEST_F(FailoverTest, ComesBackWithinTwoAndAHalfMinutesOfALongOutageOfEverything) {
  for (const Mood mood : {Mood::Silent, Mood::Unreachable}) {
    run_for(1min);
    for (const char* address : {"192.0.2.1", "192.0.2.2"}) moods_[address] = mood;
    run_for(10h);
    EXPECT_EQ(registered_at(), "nowhere");
    EXPECT_NE(reason_.find("a.example.com: 192.0.2.1:5060 "), std::string::npos) << reason_;
    moods_.clear();
    run_for(150s);
    EXPECT_NE(registered_at(), "nowhere");
    run_for(20min);
    EXPECT_EQ(registered_at(), "192.0.2.1");
  }
}

TEST_F(FailoverTest, SendsABoundedNumberOfRequestsInAnOutage) {
  for (const char* address : {"192.0.2.1", "192.0.2.2"}) moods_[address] = Mood::Unreachable;
  requests_ = 0;
  run_for(24h);
  EXPECT_LE(requests_, 24 * 60 + 40);
}

TEST_F(FailoverTest, StaysRegisteredWhileNameServersAreDownForDays) {
  run_for(1min);
  zone_.set_down(true);
  for (int day = 0; day < 5; ++day) {
    moods_["192.0.2.1"] = Mood::Unreachable;
    run_for(12h);
    EXPECT_EQ(registered_at(), "192.0.2.2");
    moods_.clear();
    run_for(12h);
    EXPECT_EQ(registered_at(), "192.0.2.1");
  }
}

}  // namespace
}  // namespace offhook::sip
