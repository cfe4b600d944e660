#include "base/limits.hpp"
#include "sim/scenario.hpp"

// Floods, from where they can come: a stranger's address, and the trunk's own, which over UDP
// anybody can write.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Browser::State;

constexpr std::size_t kDatagrams = 200;  // of each method, one a millisecond
constexpr auto kMethods = {"INVITE", "ACK",     "BYE",       "CANCEL", "REGISTER", "OPTIONS",
                           "INFO",   "MESSAGE", "SUBSCRIBE", "REFER",  "UPDATE",   "STRANGE"};

class FloodScenario : public Scenario {
 protected:
  void SetUp() override {
    begin();
    page = &world().open_page();
    page->dial("4443", world().now());
    ASSERT_TRUE(becomes(*page, State::Talking));
  }

  static std::string message(const std::string& method, std::size_t number) {
    const std::string id = method + std::to_string(number);
    return method +
           " sip:100001@192.0.2.10:5062 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20:5060;"
           "branch=z9hG4bK" +
           id + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + id +
           "@evil.example.com>;tag=f\r\nTo: <sip:100001@192.0.2.10>\r\nCall-ID: " + id +
           "\r\nCSeq: 1 " + method +
           "\r\nContact: <sip:evil@203.0.113.66>\r\nUser-Agent: flood\r\n" +
           "Content-Length: 0\r\n\r\n";
  }

  // Answers of the gateway go nowhere: the provider does not know what they are about.
  void flood(const sip::Flow& flow) {
    world().on_sent = [&](const call::SendSip& send) {
      if (send.flow == flow) out += send.bytes.size();
    };
    for (const std::string method : kMethods) {
      for (std::size_t i = 0; i < kDatagrams; ++i) {
        const std::string bytes = message(method, i);
        in += bytes.size();
        world().board.handle_sip(flow, bytes, world().now());
        world().run_for(milliseconds(1));
      }
      most = std::max(most, world().board.status().transactions);
    }
    world().on_sent = [](const call::SendSip&) {};
  }

  void expect_service() {
    EXPECT_EQ(page->state(), State::Talking);
    EXPECT_TRUE(world().open_page("b").registered());
    page->hang_up(world().now());
    world().run_for(seconds(1));
    EXPECT_EQ(world().provider.call_count(), 0U);
    page->dial("4443", world().now());
    EXPECT_TRUE(becomes(*page, State::Talking));
    page->hang_up(world().now());
  }

  Browser* page = nullptr;
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t most = 0;  // transactions
};

TEST_F(FloodScenario, AStrangerGetsNothingAndLeavesNothing) {
  const std::size_t before = world().board.status().transactions;
  sip::Flow stranger = World::kTrunk;
  stranger.remote = *Endpoint::parse("203.0.113.66:5060");
  flood(stranger);
  EXPECT_EQ(out, 0U);
  EXPECT_LE(most, before);
  EXPECT_GE(world().board.status().dropped, kDatagrams * kMethods.size());
  expect_service();
}

TEST_F(FloodScenario, InTheTrunksNameItIsBoundedAndCallsGoOn) {
  const std::size_t before = world().board.status().transactions;
  flood(World::kTrunk);
  // What is allowed at once, and the 2.4 s of the flood at the allowed rate.
  EXPECT_LE(most, before + limits::kSipRequestsAtOnce + 3 * limits::kSipRequestsPerSecond);
  EXPECT_GT(out, 0U);
  EXPECT_LE(out, in);
  expect_service();
}

}  // namespace
}  // namespace offhook::sim
