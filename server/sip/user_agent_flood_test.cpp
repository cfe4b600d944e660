#include "base/limits.hpp"
#include "sip/user_agent_fixture.hpp"

// More than a source may ask for (sip/admission.hpp), as the user of an agent sees it.
namespace offhook::sip {
namespace {

class UserAgentFloodTest : public UserAgentTest {
 protected:
  struct Out {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    std::size_t longest = 0;
  };
  // What the callee sends on being sent these.
  Out flood(const std::vector<std::string>& messages) {
    const std::size_t before = pair.wire.size();
    for (const std::string& message : messages) pair.inject(Side::Callee, message);
    Out out;
    for (std::size_t i = before; i < pair.wire.size(); ++i) {
      if (pair.wire[i].from != Side::Callee) continue;
      ++out.messages;
      out.bytes += pair.wire[i].bytes.size();
      out.longest = std::max(out.longest, pair.wire[i].bytes.size());
    }
    return out;
  }
  static std::string numbered(std::string_view method, std::size_t number) {
    const std::string id = std::to_string(number);
    return std::string(method) +
           " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKf" + id +
           "\r\nFrom: <sip:f@192.0.2.1>;tag=f" + id +
           "\r\nTo: <sip:bob@example.com>\r\nCall-ID: f" + id + "\r\nCSeq: 1 " +
           std::string(method) +
           "\r\nUser-Agent: a scanner with a name so long that there is room for an answer\r\n\r\n";
  }
  static std::vector<std::string> many(std::string_view method, std::size_t count,
                                       std::size_t first = 0) {
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(numbered(method, first + i));
    return messages;
  }
};

TEST_F(UserAgentFloodTest, ASourceMakesNoMoreTransactionsThanItsBudget) {
  for (const char* method : {"OPTIONS", "SUBSCRIBE", "BYE", "CANCEL", "STRANGE"}) {
    flood(many(method, 2 * limits::kSipRequestsAtOnce));
    EXPECT_LE(pair.callee().transaction_count(), limits::kSipRequestsAtOnce) << method;
  }
}

TEST_F(UserAgentFloodTest, WhatIsOverTheBudgetGetsNoMoreBytesThanItBrings) {
  flood(many("OPTIONS", limits::kSipRequestsAtOnce));
  const std::vector<std::string> more = many("INVITE", 1'000, limits::kSipRequestsAtOnce);
  const Out out = flood(more);
  EXPECT_GT(out.messages, 0U);
  EXPECT_LE(out.bytes, limits::kSipUnprovenBytesAtOnce);
  EXPECT_LE(out.longest, more.back().size());
}

TEST_F(UserAgentFloodTest, UnreadableRequestsGetNoMoreBytesThanTheyBring) {
  std::vector<std::string> unreadable = many("OPTIONS", 1'000);
  for (std::string& message : unreadable) {
    message.insert(message.find("User-Agent"), "Content-Length: 999\r\n");
  }
  const Out out = flood(unreadable);
  EXPECT_GT(out.messages, 0U);
  EXPECT_LE(out.bytes, limits::kSipUnprovenBytesAtOnce);
  EXPECT_LE(out.longest, unreadable.back().size());
  EXPECT_EQ(pair.callee().transaction_count(), 0U);
}

TEST_F(UserAgentFloodTest, ACallGoesOnAndEndsWhileItsSourceFloods) {
  established_call();
  flood(many("OPTIONS", 1'000));
  EXPECT_EQ(ask(inside(Method::Info, 2))->status, 200);
  flood(many("BYE", 1'000, 5'000));
  EXPECT_EQ(ask(inside(Method::Bye, 3))->status, 200);
}

TEST_F(UserAgentFloodTest, AUserHasOneBudgetForAllConnections) {
  Flow flow{.transport = Transport::Ws, .connection = 0, .local = {}, .remote = {}};
  for (std::size_t i = 0; i < 2 * limits::kSipRequestsAtOnce; ++i) {
    ++flow.connection;
    pair.callee().handle(flow, numbered("SUBSCRIBE", i), pair.now(), "user alice");
  }
  EXPECT_EQ(pair.callee().transaction_count(), limits::kSipRequestsAtOnce);
  pair.callee().handle(flow, numbered("SUBSCRIBE", 0), pair.now(), "user bob");
  EXPECT_EQ(pair.callee().transaction_count(), limits::kSipRequestsAtOnce + 1);
}

}  // namespace
}  // namespace offhook::sip
