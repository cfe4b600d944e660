#include "call/switchboard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "call/counters.hpp"
#include "call/switchboard_test_bench.hpp"

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SwitchboardTest : public testing::Test, protected SwitchboardBench {
 protected:
  TestPeer& tab() { return *browsers.at(kTab); }
  std::uint16_t refusal() { return tab().last<sip::Refused>().value().response.status; }
  std::string refusal_reason() {
    return tab().last<sip::Refused>().value().response.headers.reason;
  }
  // Every timer of the wire runs out; nothing may be left.
  void expect_nothing_left() {
    advance(seconds(70));
    const Status status = board->status();
    EXPECT_EQ(status.calls, 0U);
    EXPECT_EQ(status.legs, 0U);
    EXPECT_EQ(status.sessions, 0U);
    EXPECT_EQ(status.transactions, 0U);
  }
};

TEST_F(SwitchboardTest, CarriesACallOutFromDiallingToHangingUp) {
  ready();
  const auto session = dial("+1 (215) 555-0100");
  EXPECT_EQ(tab().last<sip::Progressed>().value().response.status, 183);
  const auto invite = provider->last<sip::InviteReceived>().value();
  EXPECT_EQ(invite.request.uri.to_string(), "sip:12155550100@atlanta1.voip.ms");
  EXPECT_EQ(invite.request.headers.to.uri.to_string(), "sip:12155550100@atlanta1.voip.ms");
  EXPECT_EQ(invite.request.headers.from.uri.to_string(), "sip:100001@atlanta1.voip.ms");
  EXPECT_EQ(invite.request.headers.contact.at(0).uri.to_string(), "sip:100001@192.0.2.10:5062");
  EXPECT_EQ(board->status().calls, 1U);
  EXPECT_EQ(board->status().legs, 2U);

  provider_answers();
  EXPECT_EQ(tab().last<sip::Accepted>().value().response.body,
            tab().last<sip::Progressed>().value().response.body);
  tab().agent.hang_up(session, "", now);
  pump();
  EXPECT_EQ(provider->count<sip::Ended>(), 1U);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, Outcome::Completed);
  EXPECT_EQ(ended[0].remote_number, "12155550100");
  expect_nothing_left();
}

TEST_F(SwitchboardTest, ARecordTellsHowTheLegsFaredAsMediaSaidBeforeTheyWereReleased) {
  ready();
  const auto session = talk();
  tab().agent.hang_up(session, "", now);
  pump();
  ASSERT_THAT(ended, SizeIs(1));
  for (const LegRecord& leg : {ended[0].browser_leg, ended[0].trunk_leg}) {
    ASSERT_TRUE(leg.statistics);
    EXPECT_EQ(leg.statistics->packets_received(), 4'711U);
    const auto place = [&](const control::Command& wanted) {
      return std::ranges::find_if(commands, [&](const control::Command& command) {
        control::Command same = wanted;
        same.set_sequence(command.sequence());
        return same.SerializeAsString() == command.SerializeAsString();
      });
    };
    control::Command asked;
    asked.mutable_get_statistics()->set_leg_id(leg.leg_id);
    control::Command released;
    released.mutable_release()->set_leg_id(leg.leg_id);
    EXPECT_LT(place(asked), place(released));
    EXPECT_NE(place(released), commands.end());
  }
  EXPECT_EQ(board->counters().browser_quality().received.loss.counts()[0], 1U);
}

TEST_F(SwitchboardTest, AMediaProcessThatHangsDelaysTheRecordAndNotTheGoodbye) {
  ready();
  const auto session = talk();
  media_obeys = false;
  tab().agent.hang_up(session, "", now);
  pump();
  EXPECT_EQ(provider->count<sip::Ended>(), 1U);
  EXPECT_EQ(board->status().calls, 0U);
  EXPECT_THAT(ended, IsEmpty());
  advance(milliseconds(500));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_FALSE(ended[0].browser_leg.statistics);
  EXPECT_FALSE(ended[0].trunk_leg.statistics);
}

TEST_F(SwitchboardTest, ARecordWaitsForNobodyWhenMediaIsGone) {
  ready();
  talk();
  board->handle_media_lost(now);
  pump();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_FALSE(ended[0].trunk_leg.statistics);
}

TEST_F(SwitchboardTest, ARecordIsWrittenBeforeTheEndOfAShutDown) {
  ready();
  talk();
  media_obeys = false;
  board->shut_down(now);
  advance(milliseconds(1'500));
  EXPECT_THAT(ended, SizeIs(1));
  EXPECT_TRUE(all_ended);
}

TEST_F(SwitchboardTest, CarriesACallInWithTheCallersNameAndNumber) {
  ready();
  call_in();
  const auto invite = tab().last<sip::InviteReceived>().value();
  EXPECT_EQ(invite.request.headers.from.display_name, "EXAMPLE CO");
  EXPECT_EQ(invite.request.headers.from.uri.to_string(), "sip:2125550106@offhook.invalid");
  EXPECT_EQ(invite.request.uri.to_string(), "sip:x7@y.invalid;transport=ws");
  tab().agent.ring(invite.session, browser_identity(), now);
  pump();
  EXPECT_EQ(provider->last<sip::Progressed>().value().response.status, 180);
  browser_answers();
  EXPECT_EQ(provider->count<sip::Accepted>(), 0U);
  advance(milliseconds(700));
  EXPECT_EQ(provider->count<sip::Accepted>(), 1U);
  provider->agent.hang_up(provider->last<sip::Accepted>().value().session, "", now);
  pump();
  EXPECT_EQ(tab().count<sip::Ended>(), 1U);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].direction, Direction::Inbound);
  EXPECT_EQ(ended[0].remote_number, "2125550106");
  expect_nothing_left();
}

TEST_F(SwitchboardTest, PrefersRemotePartyIdToFrom) {
  ready();
  sip::InviteRequest invite;
  invite.flow = provider->flow;
  invite.identity = provider_identity();
  invite.target.user = "100001";
  invite.target.host = "192.0.2.10";
  invite.remote.uri = invite.target;
  invite.offer = sample::trunk();
  invite.remote_party_id.emplace();
  invite.remote_party_id->display_name = "NAME";
  invite.remote_party_id->uri = *sip::Uri::parse("sip:2152588220@198.51.100.20");
  (void)provider->agent.invite(invite, now);
  pump();
  const auto from = tab().last<sip::InviteReceived>().value().request.headers.from;
  EXPECT_EQ(from.display_name, "NAME");
  EXPECT_EQ(from.uri.user, "2152588220");

  invite.remote_party_id->parameters.set("privacy", "full");
  (void)provider->agent.invite(invite, now);
  pump();
  const auto hidden = tab().last<sip::InviteReceived>().value().request.headers.from;
  EXPECT_EQ(hidden.display_name, "");
  EXPECT_EQ(hidden.uri.user, "anonymous");
}

TEST_F(SwitchboardTest, RingsAllDevicesAndCancelsTheOthersWhenOneAnswers) {
  ready();
  open(2);
  register_device(2, "<urn:2>");
  call_in();
  EXPECT_EQ(tab().count<sip::InviteReceived>(), 1U);
  EXPECT_EQ(browsers.at(2)->count<sip::InviteReceived>(), 1U);
  EXPECT_EQ(board->status().legs, 3U);
  browser_answers(2);
  EXPECT_THAT(tab().last<sip::Cancelled>().value().reason, HasSubstr("SIP;cause=200;"));
  EXPECT_EQ(board->status().legs, 2U);
}

TEST_F(SwitchboardTest, RingsADeviceThatComesWhileItRingsOnceForEachPage) {
  ready();
  call_in();
  open(2);
  register_device(2, "<urn:2>");
  EXPECT_EQ(browsers.at(2)->count<sip::InviteReceived>(), 1U);
  register_device(2, "<urn:2>");
  EXPECT_EQ(browsers.at(2)->count<sip::InviteReceived>(), 1U) << "it only registered again";
  close(2);
  open(2);
  register_device(2, "<urn:2>");
  EXPECT_EQ(browsers.at(2)->count<sip::InviteReceived>(), 1U) << "a page that was loaded anew";
  browser_answers(2);
  EXPECT_EQ(tab().count<sip::Cancelled>(), 1U);
  EXPECT_EQ(board->status().legs, 2U);
  open(3);
  register_device(3, "<urn:3>");
  EXPECT_EQ(browsers.at(3)->count<sip::InviteReceived>(), 0U) << "it is answered";
}

TEST_F(SwitchboardTest, RecognisesADidByItsSource) {
  ready();
  call_in("2155550100");
  EXPECT_EQ(tab().count<sip::InviteReceived>(), 1U);
}

TEST_F(SwitchboardTest, DoesNotGuessWhoseADidIsWhenTwoTrunksShareASource) {
  Config two = config();
  two.trunks.push_back(two.trunks[0]);
  two.trunks[1].name = "second";
  two.trunks[1].account.username = "100002";
  board = std::make_unique<Switchboard>(two, random);
  ready();
  call_in("2155550100");
  EXPECT_EQ(provider->last<sip::Refused>().value().response.status, 404);
  call_in("100002");
  EXPECT_EQ(tab().count<sip::InviteReceived>(), 1U);
}

TEST_F(SwitchboardTest, Answers480WhenNoDeviceIsThere) {
  media_up();
  resolve();
  call_in();
  EXPECT_EQ(provider->last<sip::Refused>().value().response.status, 480);
  EXPECT_THAT(ended, IsEmpty());
}

TEST_F(SwitchboardTest, RefusesANumberThatIsNone) {
  ready();
  dial("alice");
  EXPECT_EQ(refusal(), 484);
  EXPECT_THAT(refusal_reason(), HasSubstr("not a number that can be dialled"));
  EXPECT_EQ(provider->count<sip::InviteReceived>(), 0U);
}

TEST_F(SwitchboardTest, RefusesACallFromADeviceThatHasNotRegistered) {
  media_up();
  resolve();
  open(kTab);
  dial();
  EXPECT_EQ(refusal(), 403);
}

TEST_F(SwitchboardTest, RefusesCallsWhileTheTrunkIsUnresolved) {
  media_up();
  open(kTab);
  register_device(kTab);
  zone.clear();
  resolve();
  dial();
  EXPECT_EQ(refusal(), 503);
  EXPECT_THAT(refusal_reason(), HasSubstr("address cannot be found"));
  EXPECT_EQ(board->status().trunks.at(0).state, "unresolved");
  EXPECT_THAT(board->status().trunks.at(0).reason, HasSubstr("no such name"));
}

TEST_F(SwitchboardTest, RefusesCallsWhileMediaIsAway) {
  resolve();
  open(kTab);
  register_device(kTab);
  dial();
  EXPECT_EQ(refusal(), 503);
  call_in();
  EXPECT_EQ(provider->last<sip::Refused>().value().response.status, 503);
}

TEST_F(SwitchboardTest, RefusesOneCallTooManyOfAUser) {
  ready();
  for (std::size_t i = 0; i < limits::kCallsPerUser; ++i) dial();
  EXPECT_EQ(tab().count<sip::Refused>(), 0U);
  dial();
  EXPECT_EQ(refusal(), 486);
  EXPECT_EQ(board->status().calls, limits::kCallsPerUser);
}

TEST_F(SwitchboardTest, RefusesOneCallTooManyOfAll) {
  Config small = config();
  small.dial.max_calls = 2;
  board = std::make_unique<Switchboard>(small, random);
  ready();
  dial();
  dial();
  EXPECT_EQ(tab().count<sip::Refused>(), 0U);
  dial();
  EXPECT_EQ(refusal(), 503);
}

TEST_F(SwitchboardTest, DropsStrangersWithoutAWord) {
  ready();
  const std::string options =
      "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.66;branch=z9hG4bKx\r\n"
      "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
      "Max-Forwards: 70\r\n\r\n";
  const sip::Flow stranger{sip::Transport::Udp, 0, kLocal, *Endpoint::parse("203.0.113.66:5060")};
  board->handle_sip(stranger, options, now);
  board->handle_sip(tab_flow(99), options, now);
  pump();
  EXPECT_THAT(provider->received, IsEmpty());
  EXPECT_EQ(logged("sip_dropped"), 1U);
  EXPECT_EQ(board->status().dropped, 2U);
}

TEST_F(SwitchboardTest, RegistersOnlyTheSignedInUser) {
  media_up();
  open(kTab);
  EXPECT_EQ(register_device(kTab, "<urn:1>", "mallory").status, 403);
  EXPECT_EQ(board->status().devices, 0U);
  EXPECT_EQ(register_device(kTab).status, 200);
  EXPECT_EQ(board->status().devices, 1U);
}

TEST_F(SwitchboardTest, KnowsNoUserThatIsNotConfigured) {
  media_up();
  open(kTab, "mallory");
  dial();
  EXPECT_THAT(tab().events, IsEmpty());
}

TEST_F(SwitchboardTest, TakesNoRegisterFromATrunk) {
  ready();
  sip::Request request;
  request.method = sip::Method::Register;
  request.uri.host = "192.0.2.10";
  request.headers.from.uri = *sip::Uri::parse("sip:demo@offhook.invalid");
  request.headers.from.set_tag("f");
  request.headers.to.uri = request.headers.from.uri;
  request.headers.call_id = "r";
  request.headers.cseq = {1, sip::Method::Register, {}};
  request.headers.contact = {provider_identity().contact};
  EXPECT_EQ(request_from(*provider, request).status, 405);
  EXPECT_EQ(board->status().devices, 1U);
}

TEST_F(SwitchboardTest, RefusesMethodsThatItDoesNotServe) {
  ready();
  for (const auto& [method, status] :
       {std::pair{sip::Method::Notify, 489}, std::pair{sip::Method::Subscribe, 489},
        std::pair{sip::Method::Publish, 489}}) {
    sip::Request request;
    request.method = method;
    request.uri.host = "offhook.invalid";
    request.headers.from.uri = *sip::Uri::parse("sip:demo@offhook.invalid");
    request.headers.from.set_tag("f");
    request.headers.to.uri = request.headers.from.uri;
    request.headers.call_id = random.hex(4);
    request.headers.cseq = {1, method, {}};
    EXPECT_EQ(request_from(tab(), request).status, status) << sip::to_string(method);
  }
}

TEST_F(SwitchboardTest, KeepsACallThatLosesItsWebSocketAndEndsItOnTheNewOne) {
  ready();
  talk();
  close(kTab);
  advance(seconds(10));
  EXPECT_EQ(board->status().calls, 1U);
  // The same device on a new connection; its agent is the one that has the dialog.
  browsers[2] = std::move(browsers[kTab]);
  browsers.erase(kTab);
  browsers[2]->flow.connection = 2;
  browsers[2]->flow.local = tab_flow(2).remote;
  board->handle_flow_opened(tab_flow(2), "demo", now);
  register_device(2);
  browsers[2]->agent.update_flow(browsers[2]->last<sip::Accepted>().value().session,
                                 browsers[2]->flow);
  provider->agent.hang_up(provider->last<sip::InviteReceived>().value().session, "", now);
  pump();
  EXPECT_EQ(browsers[2]->count<sip::Ended>(), 1U);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].outcome, Outcome::Completed);
  expect_nothing_left();
}

TEST_F(SwitchboardTest, EndsACallOfADeviceThatIsAwayWhenTheTrunkHangsUp) {
  ready();
  talk();
  close(kTab);
  browsers.erase(kTab);
  provider->agent.hang_up(provider->last<sip::InviteReceived>().value().session, "", now);
  pump();
  EXPECT_THAT(ended, SizeIs(1));
  expect_nothing_left();
}

TEST_F(SwitchboardTest, EndsCallsWithWordsWhenMediaIsLostAndTakesNewOnesWhenItIsBack) {
  ready();
  talk();
  dial();
  board->handle_media_lost(now);
  pump();
  EXPECT_THAT(ended, SizeIs(2));
  EXPECT_THAT(tab().last<sip::Ended>().value().reason, HasSubstr("audio service was restarted"));
  EXPECT_EQ(refusal(), 500);
  EXPECT_EQ(board->status().legs, 0U);
  dial();
  EXPECT_EQ(refusal(), 503);
  media_up();
  talk();
  EXPECT_EQ(board->status().calls, 1U);
}

TEST_F(SwitchboardTest, NamesLegsAsNoEarlierSignalProcessDid) {
  const auto leg_id = [this] {
    ready();
    dial();
    const auto found = std::ranges::find_if(
        commands, [](const control::Command& command) { return command.has_allocate_leg(); });
    return found->allocate_leg().leg_id();
  };
  const std::string first = leg_id();
  commands.clear();
  board = std::make_unique<Switchboard>(config(), random);
  browsers.clear();
  EXPECT_NE(first, leg_id());
}

TEST_F(SwitchboardTest, EndsAllCallsAndUnregistersWhenItShutsDown) {
  Config registering = config();
  registering.trunks[0].registers = true;
  board = std::make_unique<Switchboard>(registering, random);
  ready();
  const auto accept_register = [this] {
    const auto arrived = provider->last<sip::RequestArrived>().value();
    auto response = sip::make_response(arrived.request, 200, "t");
    response.headers.contact = arrived.request.headers.contact;
    response.headers.expires = arrived.request.headers.expires;
    provider->agent.respond(arrived.id, response, now);
    pump();
    return arrived.request;
  };
  EXPECT_EQ(accept_register().headers.expires, seconds(300));
  EXPECT_EQ(board->status().trunks.at(0).state, "registered");
  talk();
  board->shut_down(now);
  pump();
  EXPECT_EQ(tab().count<sip::Ended>(), 1U);
  EXPECT_EQ(provider->count<sip::Ended>(), 1U);
  EXPECT_EQ(accept_register().headers.expires, seconds(0));
  dial();
  EXPECT_EQ(refusal(), 503);
  advance(milliseconds(1'500));
  EXPECT_TRUE(all_ended);
}

TEST_F(SwitchboardTest, ShutsDownAtOnceWhenNothingIsGoingOn) {
  ready();
  board->shut_down(now);
  pump();
  EXPECT_TRUE(all_ended);
}

TEST_F(SwitchboardTest, ShutsDownWithoutAnAnswerAfterOneAndAHalfSeconds) {
  ready();
  talk();
  media_obeys = false;
  board->shut_down(now);
  pump();
  EXPECT_FALSE(all_ended);
  advance(milliseconds(1'499));
  EXPECT_FALSE(all_ended);
  advance(milliseconds(1));
  EXPECT_TRUE(all_ended);
}

TEST_F(SwitchboardTest, LogsNoNumberNoDigitAndNoSecret) {
  ready();
  const auto session = dial("2155550188");
  provider_answers();
  (void)session;
  tab().agent.hang_up(session, "", now);
  pump();
  EXPECT_EQ(logged("call_started"), 1U);
  EXPECT_EQ(logged("call_answered"), 1U);
  EXPECT_EQ(ended.size(), 1U);
  EXPECT_FALSE(log_holds("2155550188"));
  EXPECT_FALSE(log_holds("planted-password"));
  EXPECT_FALSE(log_holds("0123456789abcdef"));
}

}  // namespace
}  // namespace offhook::call
