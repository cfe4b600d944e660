#include "sip/transaction_layer_fixture.hpp"

namespace offhook::sip {
namespace {

class BoundedTransactionLayerTest : public TransactionLayerTest {
 protected:
  using TransactionLayerTest::TransactionLayerTest;
  Request numbered(Method method) {
    Request request = test_request(method);
    request.headers.via[0].parameters.set("branch", "z9hG4bK" + std::to_string(++branch_));
    request.headers.call_id = std::to_string(branch_);
    return request;
  }
  void expect_refused(const Request& request, std::uint16_t status) {
    receive(udp_flow(), request);
    EXPECT_TRUE(requests.empty());
    ASSERT_EQ(sent.size(), 1U);
    const auto& response = std::get<Response>(sent[0].message);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.retry_after.has_value(), status == 503);
  }

 private:
  int branch_ = 0;
};

class FullTransactionLayerTest : public BoundedTransactionLayerTest {
 protected:
  // Three of four places are taken.
  FullTransactionLayerTest() : BoundedTransactionLayerTest({.transactions = 4}) {
    for (int i = 0; i < 3; ++i) accept(udp_flow(), numbered(Method::Options));
  }
};

TEST_F(FullTransactionLayerTest, AThreeQuartersFullLayerAnswersNewRequests503WithoutATransaction) {
  expect_refused(numbered(Method::Invite), 503);
  EXPECT_EQ(layer.size(), 3U);
}

TEST_F(FullTransactionLayerTest, RequestsOfCallsUnderWayAreLetThroughUntilItIsFull) {
  Request bye = numbered(Method::Bye);
  bye.headers.to.set_tag("bob-tag");
  arrival.in_dialog = true;
  accept(udp_flow(), bye);
  EXPECT_EQ(layer.size(), 4U);
  bye = numbered(Method::Bye);
  bye.headers.to.set_tag("bob-tag");
  expect_refused(bye, 481);
  EXPECT_EQ(layer.size(), 4U);
}

TEST_F(FullTransactionLayerTest, RequestsToDialogsAndInvitesThatAreNotThereAreAnswered481) {
  Request bye = numbered(Method::Bye);
  bye.headers.to.set_tag("invented");
  expect_refused(bye, 481);
  expect_refused(numbered(Method::Cancel), 481);
  EXPECT_EQ(layer.size(), 3U);
}

TEST_F(FullTransactionLayerTest, ARefusalIsNeverLongerThanTheRequest) {
  const Request invite = numbered(Method::Invite);
  receive(udp_flow(), invite);
  arrival.bytes = serialize(sent.at(0).message).size();
  receive(udp_flow(), invite);
  EXPECT_EQ(sent.size(), 1U);
  --arrival.bytes;
  receive(udp_flow(), invite);
  EXPECT_TRUE(sent.empty());
}

TEST_F(FullTransactionLayerTest, OneMoreRequestOfOursThanItHoldsFailsByALocal503) {
  send(udp_flow(), Method::Invite);
  const ClientId id = layer.send(udp_flow(), test_request(Method::Invite), now);
  drain();
  EXPECT_TRUE(sent.empty());
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].response.status, 503);
  EXPECT_TRUE(responses[0].local);
  EXPECT_EQ(ended, std::vector{id});
}

// What one source may cost.
class BudgetedTransactionLayerTest : public BoundedTransactionLayerTest {
 protected:
  static constexpr std::size_t kRequests = 5;
  static constexpr std::size_t kBytes = 10'000;

  BudgetedTransactionLayerTest()
      : BoundedTransactionLayerTest({.per_source = Admission::Budget{.requests_per_second = 1,
                                                                     .requests_at_once = kRequests,
                                                                     .bytes_per_second = 1'000,
                                                                     .bytes_at_once = kBytes}}) {}
  void use_up_requests(std::size_t left = kRequests) {
    for (std::size_t i = 0; i < left; ++i) accept(udp_flow(), numbered(Method::Options));
  }
};

TEST_F(BudgetedTransactionLayerTest, OneMoreRequestThanTheBudgetIsAnswered503) {
  use_up_requests();
  expect_refused(numbered(Method::Options), 503);
  EXPECT_EQ(layer.size(), kRequests);
  now += seconds(1);
  accept(udp_flow(), numbered(Method::Options));
}

TEST_F(BudgetedTransactionLayerTest, AnotherSourceHasABudgetOfItsOwn) {
  use_up_requests();
  arrival.source = "another";
  accept(udp_flow(), numbered(Method::Options));
}

TEST_F(BudgetedTransactionLayerTest, AFloodIsAnsweredWithNoMoreBytesThanTheBudget) {
  use_up_requests();
  std::size_t bytes = 0;
  for (int i = 0; i < 1'000; ++i) {
    receive(udp_flow(), numbered(Method::Invite));
    for (const auto& each : sent) bytes += serialize(each.message).size();
  }
  EXPECT_GT(bytes, 0U);
  EXPECT_LE(bytes, kBytes);
  EXPECT_EQ(layer.shed(), 1'000U);
  EXPECT_EQ(layer.size(), kRequests);
}

TEST_F(BudgetedTransactionLayerTest, WhatBelongsToACallUnderWayIsNotCounted) {
  const Request invite = numbered(Method::Invite);
  const ServerId id = accept(udp_flow(), invite);
  use_up_requests(kRequests - 1);
  Request cancel = invite;
  cancel.method = Method::Cancel;
  cancel.headers.cseq.method = Method::Cancel;
  receive(udp_flow(), cancel);
  EXPECT_EQ(requests.at(0).cancelled, id);
  respond(id, invite, 487);
  Request ack = invite;
  ack.method = Method::Ack;
  ack.headers.cseq.method = Method::Ack;
  receive(udp_flow(), ack);
  now += seconds(1);
  layer.handle_timeout(now);
  drain();
  EXPECT_TRUE(sent.empty()) << "the ACK was taken: the 487 is not sent again";

  arrival.in_dialog = true;
  for (const Method method : {Method::Bye, Method::Info, Method::Invite, Method::Options}) {
    for (std::size_t i = 0; i <= kRequests; ++i) accept(udp_flow(), numbered(method));
  }
}

TEST_F(BudgetedTransactionLayerTest, WhatComesAgainIsAnsweredWithinTheBytes) {
  const Request options = numbered(Method::Options);
  respond(accept(udp_flow(), options), options, 200);
  const std::size_t answer = serialize(sent.at(0).message).size();
  std::size_t answers = 0;
  for (int i = 0; i < 1'000; ++i) {
    receive(udp_flow(), options);
    answers += sent.size();
  }
  EXPECT_EQ(answers, kBytes / answer);
}

TEST_F(BudgetedTransactionLayerTest, WhatComesAgainInACallIsAlwaysAnswered) {
  arrival.in_dialog = true;
  const Request bye = numbered(Method::Bye);
  respond(accept(udp_flow(), bye), bye, 200);
  for (int i = 0; i < 1'000; ++i) {
    receive(udp_flow(), bye);
    ASSERT_EQ(sent.size(), 1U);
  }
}

class HeavyTransactionLayerTest : public BoundedTransactionLayerTest {
 protected:
  static constexpr std::size_t kBytes = 400'000;

  HeavyTransactionLayerTest() : BoundedTransactionLayerTest({.bytes = kBytes}) {}
  // With thousands of parameters, which its answer repeats.
  Request heavy() {
    Request request = numbered(Method::Options);
    for (int via = 0; via < 32; ++via) {
      request.headers.via.push_back(request.headers.via.front());
      for (int i = 0; i < 32; ++i) {
        request.headers.via.back().parameters.set(std::to_string(i), "");
      }
    }
    return request;
  }
};

TEST_F(HeavyTransactionLayerTest, HoldsNoMoreBytesThanItsLimit) {
  int accepted = 0;
  for (int i = 0; i < 100; ++i) {
    const Request request = heavy();
    receive(udp_flow(), request);
    if (requests.empty()) continue;
    ++accepted;
    const ServerId id = requests[0].id;
    respond(id, request, 200);
  }
  EXPECT_GT(layer.bytes(), kBytes / 2);
  EXPECT_LT(layer.bytes(), kBytes);
  EXPECT_LT(accepted, 10);
}

TEST_F(HeavyTransactionLayerTest, WhatHasEndedHoldsNothing) {
  for (int i = 0; i < 3; ++i) {
    const Request request = heavy();
    respond(accept(udp_flow(), request), request, 200);
  }
  now += seconds(32);
  layer.handle_timeout(now);
  EXPECT_EQ(layer.size(), 0U);
  EXPECT_EQ(layer.bytes(), 0U);
}

TEST_F(HeavyTransactionLayerTest, ABodyIsHandedUpAndNotKept) {
  Request invite = numbered(Method::Invite);
  invite.body = std::string(60'000, 'x');
  accept(udp_flow(), invite);
  EXPECT_EQ(requests.at(0).request.body, invite.body);
  EXPECT_LT(layer.bytes(), 20'000U);
}

}  // namespace
}  // namespace offhook::sip
