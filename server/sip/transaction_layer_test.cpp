#include "sip/transaction_layer_fixture.hpp"

namespace offhook::sip {
namespace {

// ---- our requests ----

TEST_F(TransactionLayerTest, MakesTheTopVia) {
  const Request first = send(udp_flow(), Method::Options);
  ASSERT_EQ(first.headers.via.size(), 1U);
  const Via& via = first.headers.via[0];
  EXPECT_EQ(via.transport, "UDP");
  EXPECT_EQ(via.host, "192.0.2.9");
  EXPECT_EQ(via.port, 5060);
  EXPECT_TRUE(via.branch().starts_with("z9hG4bK"));
  EXPECT_TRUE(via.parameters.has("rport"));
  const Request second = send(ws_flow(3), Method::Options);
  EXPECT_EQ(second.headers.via[0].transport, "WS");
  EXPECT_FALSE(second.headers.via[0].parameters.has("rport"));
  EXPECT_NE(second.headers.via[0].branch(), via.branch());
}

TEST_F(TransactionLayerTest, KeepsASentByThatTheUserChose) {
  Request request = test_request(Method::Options);
  request.headers.via[0].host = "gateway.example.com";
  layer.send(udp_flow(), request, now);
  drain();
  const Via& via = std::get<Request>(sent.at(0).message).headers.via.at(0);
  EXPECT_EQ(via.host, "gateway.example.com");
  EXPECT_NE(via.branch(), request.headers.via[0].branch());
}

TEST_F(TransactionLayerTest, AResponseFindsItsRequestByBranchAndMethod) {
  const Request options = send(udp_flow(), Method::Options);
  Response other_branch = test_response(options, 200);
  other_branch.headers.via[0].parameters.set("branch", "z9hG4bKother");
  receive(udp_flow(), other_branch);
  EXPECT_TRUE(responses.empty());
  Response other_call = test_response(options, 200);
  other_call.headers.call_id = "another";
  receive(udp_flow(), other_call);
  EXPECT_TRUE(responses.empty());
  Response other_request = test_response(options, 200);
  ++other_request.headers.cseq.number;
  receive(udp_flow(), other_request);
  EXPECT_TRUE(responses.empty());
  Response other_method = test_response(options, 200);
  other_method.headers.cseq.method = Method::Bye;
  receive(udp_flow(), other_method);
  EXPECT_TRUE(responses.empty());
  receive(udp_flow(), test_response(options, 200));
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].id, client);
  EXPECT_FALSE(responses[0].local);
}

TEST_F(TransactionLayerTest, AResponseOverAnotherConnectionIsDropped) {
  const Request options = send(ws_flow(3), Method::Options);
  receive(ws_flow(4), test_response(options, 200));
  EXPECT_TRUE(responses.empty());
  receive(ws_flow(3), test_response(options, 200));
  EXPECT_EQ(responses.size(), 1U);
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(TransactionLayerTest, AResponseMayComeFromASiblingAddressOfTheProvider) {
  const Request options = send(udp_flow(), Method::Options);
  Flow sibling = udp_flow();
  sibling.remote = *Endpoint::parse("198.51.100.8:5060");
  receive(sibling, test_response(options, 200));
  EXPECT_EQ(responses.size(), 1U);
}

TEST_F(TransactionLayerTest, ATimeoutIsALocal408AndALostFlowALocal503) {
  send(udp_flow(), Method::Options);
  now += seconds(32);
  layer.handle_timeout(now);
  drain();
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].response.status, 408);
  EXPECT_TRUE(responses[0].local);
  EXPECT_EQ(ended.size(), 1U);

  send(ws_flow(3), Method::Invite);
  send(ws_flow(4), Method::Invite);
  layer.handle_flow_lost(ws_flow(3));
  drain();
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].response.status, 503);
  EXPECT_TRUE(responses[0].local);
  EXPECT_EQ(layer.size(), 1U);
}

TEST_F(TransactionLayerTest, CountsWhatTimersSendAgainAndNothingElse) {
  send(udp_flow(), Method::Options);
  EXPECT_EQ(layer.retransmissions(), 0U);
  for (int i = 0; i < 2; ++i) {
    now = layer.next_timeout().value();
    layer.handle_timeout(now);
  }
  drain();
  EXPECT_EQ(sent.size(), 2U);
  EXPECT_EQ(layer.retransmissions(), 2U);
  send(udp_flow(), Method::Options);
  EXPECT_EQ(layer.retransmissions(), 2U);
}

TEST_F(TransactionLayerTest, CancelHasTheViaAndTheFieldsOfItsInvite) {  // RFC 3261 9.1
  const Request invite = send(udp_flow(), Method::Invite);
  ASSERT_TRUE(layer.cancel(client, "SIP;cause=200", now));
  drain();
  const auto& cancel = std::get<Request>(sent.at(0).message);
  EXPECT_EQ(cancel.method, Method::Cancel);
  EXPECT_EQ(cancel.uri, invite.uri);
  EXPECT_EQ(cancel.headers.via, invite.headers.via);
  EXPECT_EQ(cancel.headers.to, invite.headers.to);
  EXPECT_EQ(cancel.headers.from, invite.headers.from);
  EXPECT_EQ(cancel.headers.cseq, (CSeq{invite.headers.cseq.number, Method::Cancel, {}}));
  EXPECT_EQ(cancel.headers.reason, "SIP;cause=200");
  EXPECT_EQ(cancel.headers.max_forwards, 70);
  receive(udp_flow(), test_response(cancel, 200));
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_NE(responses[0].id, client);
}

TEST_F(TransactionLayerTest, AnAbandonedInviteIsGone) {
  const Request invite = send(udp_flow(), Method::Invite);
  layer.abandon(client);
  drain();
  EXPECT_EQ(ended, std::vector{client});
  EXPECT_EQ(layer.size(), 0U);
  EXPECT_FALSE(layer.next_timeout());
  EXPECT_FALSE(layer.cancel(client, "", now));
  receive(udp_flow(), test_response(invite, 200));
  EXPECT_TRUE(responses.empty());
}

// ---- their requests ----

TEST_F(TransactionLayerTest, ANewRequestMakesATransactionAndItsRepetitionDoesNot) {
  const Request options = test_request(Method::Options);
  const ServerId id = accept(udp_flow(), options);
  receive(udp_flow(), options);
  EXPECT_TRUE(requests.empty());
  respond(id, options, 200);
  receive(udp_flow(), options);
  EXPECT_TRUE(requests.empty());
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(describe(sent[0].message), "200");
}

TEST_F(TransactionLayerTest, ABranchOfAnotherSenderIsAnotherTransaction) {
  Request options = test_request(Method::Options);
  accept(udp_flow(), options);
  options.headers.via[0].host = "192.0.2.200";
  options.headers.call_id = "another";
  accept(udp_flow(), options);
  options.headers.via[0].port = std::uint16_t{5070};
  options.headers.call_id = "a third";
  accept(udp_flow(), options);
  EXPECT_EQ(layer.size(), 3U);
}

TEST_F(TransactionLayerTest, ABrowserCannotReachTheTransactionOfAnotherOne) {
  Request invite = test_request(Method::Invite);
  accept(ws_flow(1), invite);
  accept(ws_flow(2), invite);
  EXPECT_EQ(layer.size(), 2U);
  const Request cancel = test_request(Method::Cancel);
  receive(ws_flow(3), cancel);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_FALSE(requests[0].cancelled);
}

TEST_F(TransactionLayerTest, ACancelNamesItsInvite) {
  const ServerId invite = accept(udp_flow(), test_request(Method::Invite));
  receive(udp_flow(), test_request(Method::Cancel));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].cancelled, invite);
}

TEST_F(TransactionLayerTest, AnAckToARefusalStaysInside) {
  const Request invite = test_request(Method::Invite);
  const ServerId id = accept(ws_flow(1), invite);
  respond(id, invite, 486);
  receive(ws_flow(1), test_request(Method::Ack));
  EXPECT_TRUE(acks.empty());
  EXPECT_EQ(layer.size(), 0U);
}

TEST_F(TransactionLayerTest, AnAckToA2xxIsHandedUpWithItsOwnBranchOrTheInvites) {
  const Request invite = test_request(Method::Invite);
  const ServerId id = accept(udp_flow(), invite);
  respond(id, invite, 200);
  Request ack = test_request(Method::Ack);
  receive(udp_flow(), ack);
  EXPECT_EQ(acks.size(), 1U);
  ack.headers.via[0].parameters.set("branch", "z9hG4bKnew");
  receive(udp_flow(), ack);
  EXPECT_EQ(acks.size(), 1U);
  EXPECT_TRUE(requests.empty());
}

TEST_F(TransactionLayerTest, WithoutTheMagicCookieTheFieldsOfRfc2543Match) {
  Request invite = test_request(Method::Invite);
  invite.headers.via[0].parameters.set("branch", "1");
  const ServerId id = accept(udp_flow(), invite);
  receive(udp_flow(), invite);
  EXPECT_TRUE(requests.empty());
  Request next = invite;
  next.headers.cseq.number = 8;
  accept(udp_flow(), next);
  respond(id, invite, 486);
  Request ack = test_request(Method::Ack);
  ack.headers.via = invite.headers.via;
  ack.headers.to.set_tag("bob-tag");
  receive(udp_flow(), ack);
  EXPECT_TRUE(acks.empty());
}

TEST_F(TransactionLayerTest, TheSameRequestByAnotherPathIsMerged) {  // RFC 3261 8.2.2.2
  Request invite = test_request(Method::Invite);
  accept(udp_flow(), invite);
  EXPECT_FALSE(requests[0].merged);
  invite.headers.via[0].parameters.set("branch", "z9hG4bKsecond");
  accept(udp_flow(), invite);
  EXPECT_TRUE(requests[0].merged);
}

TEST_F(TransactionLayerTest, AMergedRequestThatEndsChangesNothingForTheNextOne) {
  Request invite = test_request(Method::Invite);
  const ServerId first = accept(ws_flow(1), invite);
  for (const char* branch : {"z9hG4bKsecond", "z9hG4bKthird"}) {
    invite.headers.via[0].parameters.set("branch", branch);
    const ServerId merged = accept(ws_flow(1), invite);
    EXPECT_TRUE(requests[0].merged);
    respond(merged, invite, 482);
    Request ack = test_request(Method::Ack);
    ack.headers.via = invite.headers.via;
    receive(ws_flow(1), ack);
  }
  respond(first, test_request(Method::Invite), 486);
  receive(ws_flow(1), test_request(Method::Ack));
  EXPECT_EQ(layer.size(), 0U);
  accept(ws_flow(1), invite);  // the first one is gone: this is none of it
  EXPECT_FALSE(requests[0].merged);
}

TEST_F(TransactionLayerTest, TheSenderLearnsWhereItsRequestCameFrom) {  // RFC 3581 4
  Request options = test_request(Method::Options);
  options.headers.via[0].parameters.set("rport");
  accept(udp_flow(), options);
  const Via& via = requests[0].request.headers.via[0];
  EXPECT_EQ(via.parameters.get("received"), "198.51.100.7");
  EXPECT_EQ(via.parameters.get("rport"), "40000");
}

TEST_F(TransactionLayerTest, ReceivedIsAddedWhereTheSentByIsAnotherAddress) {  // RFC 3261 18.2.1
  Request options = test_request(Method::Options);
  accept(udp_flow(), options);
  EXPECT_EQ(requests[0].request.headers.via[0].parameters.get("received"), "198.51.100.7");
  EXPECT_FALSE(requests[0].request.headers.via[0].parameters.has("rport"));
  options.headers.via[0].host = "198.51.100.7";
  options.headers.call_id = "another";
  accept(udp_flow(), options);
  EXPECT_FALSE(requests[0].request.headers.via[0].parameters.has("received"));
}

TEST_F(TransactionLayerTest, AnswersGoToTheFlowOfTheRequest) {
  const Request options = test_request(Method::Options);
  const ServerId id = accept(udp_flow(), options);
  respond(id, options, 200);
  EXPECT_EQ(sent.at(0).flow, udp_flow());
}

TEST_F(TransactionLayerTest, AnInviteMovesToTheNewFlowOfItsDevice) {
  const Request invite = test_request(Method::Invite);
  const ServerId id = accept(ws_flow(1), invite);
  layer.handle_flow_lost(ws_flow(1));
  layer.move(id, ws_flow(2));
  respond(id, invite, 180);
  EXPECT_EQ(sent.at(0).flow, ws_flow(2));
  receive(ws_flow(2), test_request(Method::Cancel));
  EXPECT_EQ(requests.at(0).cancelled, id);
}

TEST_F(TransactionLayerTest, AnswersToATransactionThatIsGoneAreDropped) {
  const Request options = test_request(Method::Options);
  const ServerId id = accept(ws_flow(1), options);
  respond(id, options, 200);
  EXPECT_EQ(layer.size(), 0U);
  respond(id, options, 200);
  EXPECT_TRUE(sent.empty());
}

TEST_F(TransactionLayerTest, TheEarliestDeadlineOfAllIsTheNext) {
  send(ws_flow(1), Method::Options);
  const Time at_32 = now + seconds(32);
  EXPECT_EQ(layer.next_timeout(), at_32);
  now += seconds(1);
  send(udp_flow(), Method::Options);
  EXPECT_EQ(layer.next_timeout(), now + milliseconds(500));
}

TEST_F(TransactionLayerTest, AnIcmpErrorFailsOnlyTheRequestThatItQuotes) {
  const Request options = send(udp_flow(), Method::Options);
  const ClientId quoted = client;
  send(udp_flow(), Method::Invite);
  constexpr std::size_t kQuote = 300;
  layer.handle_undelivered(udp_flow(), serialize(options).substr(0, kQuote));
  drain();
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].id, quoted);
  EXPECT_EQ(responses[0].response.status, 503);
  EXPECT_TRUE(responses[0].local);
  EXPECT_EQ(layer.size(), 1U);
}

TEST_F(TransactionLayerTest, AnIcmpErrorThatTellsNoRequestOfOursToThereFailsNothing) {
  const Request invite = send(udp_flow(), Method::Invite);
  const std::string bytes = serialize(invite);
  Flow elsewhere = udp_flow();
  elsewhere.remote = *Endpoint::parse("198.51.100.7:5060");
  layer.handle_undelivered(elsewhere, bytes);
  layer.handle_undelivered(udp_flow(), "");
  layer.handle_undelivered(udp_flow(), "INVITE");
  const std::size_t branch = bytes.find("z9hG4bK");
  for (std::size_t i = 0; i <= branch + std::string(invite.headers.via[0].branch()).size(); ++i) {
    layer.handle_undelivered(udp_flow(), std::string_view(bytes).substr(0, i));
  }
  Request forged = invite;
  forged.headers.via[0].parameters.set("branch", "z9hG4bKguessed");
  layer.handle_undelivered(udp_flow(), serialize(forged));
  drain();
  EXPECT_TRUE(responses.empty());
  EXPECT_EQ(layer.size(), 1U);
}

TEST_F(TransactionLayerTest, AChallengeMayNotComeFromASiblingAddressOfTheProvider) {
  for (const std::uint16_t status : {std::uint16_t{401}, std::uint16_t{407}}) {
    for (const Method method : {Method::Invite, Method::Register}) {
      const Request request = send(udp_flow(), method);
      for (const char* other : {"198.51.100.8:40000", "198.51.100.7:40001"}) {
        Flow sibling = udp_flow();
        sibling.remote = *Endpoint::parse(other);
        receive(sibling, test_response(request, status));
        EXPECT_TRUE(responses.empty()) << status << " from " << other;
      }
      receive(udp_flow(), test_response(request, status));
      EXPECT_EQ(responses.size(), 1U) << status;
    }
  }
}

}  // namespace
}  // namespace offhook::sip
