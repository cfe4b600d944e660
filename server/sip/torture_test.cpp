#include <gtest/gtest.h>

#include "sip/message_samples.hpp"
#include "sip/torture_messages.hpp"
#include "sip/user_agent.hpp"

// Every message of RFC 4475 and RFC 5118 against the parser and a user agent. What the parser reads
// in those that it takes stands in torture_values_test.cpp.
namespace offhook::sip {
namespace {

using torture::Outcome;
using torture::TortureMessage;

class TortureTest : public testing::TestWithParam<TortureMessage> {
 protected:
  // The statuses of what the agent sends about these bytes.
  std::vector<std::uint16_t> receive(std::string_view bytes) {
    agent.handle(flow, bytes, now);
    return drain();
  }

  std::vector<std::uint16_t> drain() {
    std::vector<std::uint16_t> statuses;
    while (auto output = agent.poll_output()) {
      if (const auto* sent = std::get_if<SendMessage>(&*output)) {
        EXPECT_TRUE(parse_message(sent->bytes)) << sent->bytes;
        EXPECT_EQ(sent->flow, flow);
        statuses.push_back(std::get<Response>(sent->message).status);
      } else {
        events.push_back(std::move(*output));
      }
    }
    return statuses;
  }

  void expect_handed_over(Outcome outcome) {
    const std::size_t expected =
        outcome == Outcome::InviteReceived || outcome == Outcome::RequestReceived ? 1 : 0;
    ASSERT_EQ(events.size(), expected);
    if (outcome == Outcome::InviteReceived) {
      agent.reject(std::get<InviteReceived>(events[0]).session, 486, {}, now);
      EXPECT_EQ(drain(), std::vector<std::uint16_t>{486});
    }
    if (outcome == Outcome::RequestReceived) {
      const auto& arrived = std::get<RequestArrived>(events[0]);
      agent.respond(arrived.id, make_response(arrived.request, 403, "tag"), now);
      EXPECT_EQ(drain(), std::vector<std::uint16_t>{403});
    }
  }

  void expect_nothing_left() {
    while (const auto next = agent.next_timeout()) {
      now = *next;
      agent.handle_timeout(now);
      drain();
    }
    EXPECT_EQ(agent.transaction_count(), 0U);
    EXPECT_EQ(agent.session_count(), 0U);
  }

  SeededRandom random{1};
  UserAgent agent{{}, random};
  Time now{};
  Flow flow{.transport = Transport::Udp,
            .connection = 0,
            .local = *Endpoint::parse("192.0.2.100:5060"),
            .remote = *Endpoint::parse("192.0.2.200:5060")};
  std::vector<UserAgentOutput> events;
};

TEST_P(TortureTest, HasItsOutcomeAndLeavesNothing) {
  const TortureMessage& message = GetParam();
  const auto parsed = parse_message(message.bytes);
  EXPECT_EQ(parsed.has_value(), message.is_taken) << (parsed ? "" : parsed.error().message);
  if (!parsed) {
    EXPECT_EQ(parsed.error().status, message.status) << parsed.error().message;
  }

  const auto answers = receive(message.bytes);
  // Over UDP nobody gets more bytes than came (mismatch01).
  const bool is_too_long = !parsed && parsed.error().answer &&
                           serialize(*parsed.error().answer).size() > message.bytes.size();
  if (message.status == 0 || is_too_long) {
    EXPECT_TRUE(answers.empty()) << answers.front();
  } else {
    EXPECT_EQ(answers, std::vector<std::uint16_t>{message.status});
  }
  if (!message.is_taken) {
    EXPECT_EQ(agent.transaction_count(), 0U);
    EXPECT_FALSE(agent.next_timeout());
  }
  expect_handed_over(message.outcome);
  EXPECT_EQ(receive(samples::options()), std::vector<std::uint16_t>{200});
  expect_nothing_left();
}

TEST_P(TortureTest, HasTheSameOutcomeWhenItComesAgain) {
  const TortureMessage& message = GetParam();
  const auto first = receive(message.bytes);
  EXPECT_EQ(receive(message.bytes), first);
  events.resize(std::min<std::size_t>(events.size(), 1));
  expect_handed_over(message.outcome);
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Rfc4475And5118, TortureTest,
                         testing::ValuesIn(torture::torture_messages()),
                         [](const auto& test) { return test.param.name; });

TEST(TortureMessagesTest, AreAllThere) {
  EXPECT_EQ(torture::valid_messages().size(), 13U);
  EXPECT_EQ(torture::invalid_messages().size(), 19U);
  EXPECT_EQ(torture::application_messages().size(), 17U);
  EXPECT_EQ(torture::ipv6_messages().size(), 12U + 3U);
}

}  // namespace
}  // namespace offhook::sip
