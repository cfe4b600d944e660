#include "sip/dialog.hpp"

#include "sip/transaction_fixture.hpp"

namespace offhook::sip {
namespace {

NameAddress address(const char* uri) {
  NameAddress result;
  result.uri = *Uri::parse(uri);
  return result;
}

class DialogTest : public testing::Test {
 protected:
  DialogTest() {
    invite.headers.contact = {address("sip:alice@192.0.2.1:5060")};
    ok = test_response(invite, 200);
    ok.headers.contact = {address("sip:bob@192.0.2.2:5060")};
  }
  [[nodiscard]] static std::vector<std::string> uris(const std::vector<NameAddress>& list) {
    std::vector<std::string> result;
    for (const auto& each : list) result.push_back(each.uri.to_string());
    return result;
  }

  Request invite = test_request(Method::Invite);
  Response ok;
};

TEST_F(DialogTest, TheCallersSideTakesTagsTargetAndReversedRoutes) {  // RFC 3261 12.1.2
  ok.headers.record_route = {address("sip:near.example.com;lr"), address("sip:far.example.com;lr")};
  Dialog dialog = Dialog::as_client(invite, ok);
  EXPECT_EQ(dialog.id(), (DialogId{"call", "alice-tag", "bob-tag"}));
  EXPECT_EQ(dialog.remote_target().to_string(), "sip:bob@192.0.2.2:5060");
  EXPECT_EQ(uris(dialog.route_set()),
            (std::vector<std::string>{"sip:far.example.com;lr", "sip:near.example.com;lr"}));
}

TEST_F(DialogTest, TheCalleesSideTakesTagsTargetAndRoutesInOrder) {  // RFC 3261 12.1.1
  invite.headers.record_route = {address("sip:near.example.com;lr"),
                                 address("sip:far.example.com;lr")};
  Dialog dialog = Dialog::as_server(invite, "bob-tag");
  EXPECT_EQ(dialog.id(), (DialogId{"call", "bob-tag", "alice-tag"}));
  EXPECT_EQ(dialog.remote_target().to_string(), "sip:alice@192.0.2.1:5060");
  const Request bye = dialog.make_request(Method::Bye);
  EXPECT_EQ(bye.uri, dialog.remote_target());
  EXPECT_EQ(uris(bye.headers.route),
            (std::vector<std::string>{"sip:near.example.com;lr", "sip:far.example.com;lr"}));
  EXPECT_EQ(bye.headers.from.tag(), "bob-tag");
  EXPECT_EQ(bye.headers.to.tag(), "alice-tag");
  EXPECT_EQ(bye.headers.call_id, "call");
  EXPECT_EQ(bye.headers.max_forwards, 70);
}

TEST_F(DialogTest, ARequestOfTheOtherSideNamesTheDialog) {
  const Dialog caller = Dialog::as_client(invite, ok);
  Dialog callee = Dialog::as_server(invite, "bob-tag");
  EXPECT_EQ(DialogId::of_request(callee.make_request(Method::Bye)), caller.id());
}

TEST_F(DialogTest, AStrictRouterIsTheRequestUriAndTheTargetTheLastRoute) {  // RFC 3261 12.2.1.1
  ok.headers.record_route = {address("sip:far.example.com;lr"),
                             address("sip:strict.example.com;method=INVITE")};
  Dialog dialog = Dialog::as_client(invite, ok);
  const Request bye = dialog.make_request(Method::Bye);
  EXPECT_EQ(bye.uri.to_string(), "sip:strict.example.com");
  EXPECT_EQ(uris(bye.headers.route),
            (std::vector<std::string>{"sip:far.example.com;lr", "sip:bob@192.0.2.2:5060"}));
}

TEST_F(DialogTest, OwnRequestsCountUpFromTheInviteAndTheAckRepeatsItsNumber) {
  Dialog dialog = Dialog::as_client(invite, ok);
  EXPECT_EQ(dialog.make_ack(7).headers.cseq, (CSeq{7, Method::Ack, {}}));
  EXPECT_EQ(dialog.make_request(Method::Info).headers.cseq, (CSeq{8, Method::Info, {}}));
  EXPECT_EQ(dialog.take_cseq(), 9U);
  EXPECT_EQ(dialog.make_request(Method::Bye).headers.cseq, (CSeq{10, Method::Bye, {}}));
}

TEST_F(DialogTest, TheOtherSidesRequestsMustNotCountDown) {  // RFC 3261 12.2.2
  Dialog callee = Dialog::as_server(invite, "bob-tag");
  EXPECT_FALSE(callee.take_remote_cseq(6));
  EXPECT_TRUE(callee.take_remote_cseq(8));
  EXPECT_FALSE(callee.take_remote_cseq(7));
  EXPECT_TRUE(callee.take_remote_cseq(2'000'000'000));

  Dialog caller = Dialog::as_client(invite, ok);  // has seen none: any number begins
  EXPECT_TRUE(caller.take_remote_cseq(0));
}

TEST_F(DialogTest, ATargetRefreshReplacesTheTargetButNotTheRoutes) {
  ok.headers.record_route = {address("sip:far.example.com;lr")};
  Dialog dialog = Dialog::as_client(invite, ok);
  Headers refresh;
  dialog.refresh_target(refresh);
  EXPECT_EQ(dialog.remote_target().to_string(), "sip:bob@192.0.2.2:5060");
  refresh.contact = {address("sip:bob@192.0.2.77")};
  refresh.record_route = {address("sip:other.example.com;lr")};
  dialog.refresh_target(refresh);
  EXPECT_EQ(dialog.remote_target().to_string(), "sip:bob@192.0.2.77");
  EXPECT_EQ(uris(dialog.route_set()), std::vector<std::string>{"sip:far.example.com;lr"});
}

TEST_F(DialogTest, WithoutContactTheDialledUriIsTheTarget) {
  ok.headers.contact.clear();
  EXPECT_EQ(Dialog::as_client(invite, ok).remote_target(), invite.uri);
  invite.headers.contact.clear();
  EXPECT_EQ(Dialog::as_server(invite, "bob-tag").remote_target(), invite.headers.from.uri);
}

}  // namespace
}  // namespace offhook::sip
