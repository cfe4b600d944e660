#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/counters.hpp"
#include "call/switchboard_test_bench.hpp"

// Calls that are moved: REFER to a number and to another call, and INVITE with Replaces, between
// real user agents.
namespace offhook::call {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SwitchboardTransferTest : public testing::Test, protected SwitchboardBench {
 protected:
  SwitchboardTransferTest() { ready(); }
  // As configured, but for `change`.
  void make(const std::function<void(Config&)>& change) {
    Config changed = config();
    change(changed);
    board = std::make_unique<Switchboard>(changed, random);
    ready();
  }
  TestPeer& tab(std::uint64_t connection = kTab) { return *browsers.at(connection); }
  void refer(TestPeer& peer, sip::SessionId session, const std::string& target) {
    sip::NameAddress to;
    to.uri = *sip::Uri::parse(target);
    peer.agent.refer(session, to, now);
    pump();
  }
  // To the latest REFER.
  std::uint16_t answer(TestPeer& peer) { return peer.last<sip::ReferAnswered>().value().status; }
  // What the sipfrags of all NOTIFYs say: "SIP/2.0 100 Trying".
  std::vector<std::string> told(TestPeer& peer) {
    std::vector<std::string> lines;
    for (const auto& event : peer.events) {
      if (const auto* notify = std::get_if<sip::NotifyReceived>(&event)) {
        lines.push_back(notify->body.substr(0, notify->body.find('\r')));
      }
    }
    return lines;
  }
  sip::SessionId provider_session() {
    return provider->last<sip::InviteReceived>().value().session;
  }
  void provider_refuses(std::uint16_t status) {
    provider->agent.reject(provider_session(), status, {}, now);
    pump();
  }
  void hang_up(TestPeer& peer, sip::SessionId session) {
    peer.agent.hang_up(session, "", now);
    pump();
  }
  std::vector<std::string> bridges() const {
    std::vector<std::string> all;
    for (const auto& command : commands) {
      if (command.has_bridge()) {
        all.push_back(command.bridge().leg_a() + " " + command.bridge().leg_b());
      }
    }
    return all;
  }
  // The dialog of the browser's latest call that was answered, as Replaces names it to us.
  struct DialogNames {
    std::string call_id, ours, theirs;
    [[nodiscard]] std::string escaped() const {
      return call_id + "%3Bto-tag%3D" + ours + "%3Bfrom-tag%3D" + theirs;
    }
  };
  DialogNames latest_dialog(TestPeer& peer) {
    const auto accepted = peer.last<sip::Accepted>().value().response.headers;
    return {accepted.call_id, std::string(accepted.to.tag()), std::string(accepted.from.tag())};
  }
  // An INVITE of that browser with a Replaces header; the status of the final answer.
  std::uint16_t invite_replacing(std::uint64_t connection, const DialogNames& dialog,
                                 const std::string& more = {}) {
    const std::string text =
        "INVITE sip:demo@offhook.invalid SIP/2.0\r\nVia: SIP/2.0/WS y.invalid;branch=z9hG4bK" +
        random.hex(8) +
        "\r\nMax-Forwards: 70\r\nFrom: <sip:demo@offhook.invalid>;tag=" + random.hex(4) +
        "\r\nTo: <sip:demo@offhook.invalid>\r\nCall-ID: " + random.hex(8) +
        "\r\nCSeq: 1 INVITE\r\nContact: <sip:x8@y.invalid;transport=ws>\r\nReplaces: " +
        dialog.call_id + ";to-tag=" + dialog.ours + ";from-tag=" + dialog.theirs + more +
        "\r\nContent-Type: application/sdp\r\nContent-Length: " +
        std::to_string(sample::browser().size()) + "\r\n\r\n" + sample::browser();
    tab(connection).received.clear();
    board->handle_sip(tab_flow(connection), text, now);
    pump();
    for (const auto& message : tab(connection).received) {
      const auto* response = std::get_if<sip::Response>(&message);
      if (response != nullptr && response->status >= 200) return response->status;
    }
    return 0;
  }
};

TEST_F(SwitchboardTransferTest, ConnectsTheProvidersTwoCallsAndLetsTheBrowserGo) {
  const auto session = talk();
  const auto first = provider_session();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  EXPECT_EQ(answer(tab()), 202);
  EXPECT_EQ(provider->last<sip::InviteReceived>()->request.uri.user, "2125550123");
  provider->agent.ring(provider_session(), provider_identity(), now);
  pump();
  provider_answers();
  EXPECT_THAT(told(tab()),
              ElementsAre("SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"));
  EXPECT_EQ(tab().count<sip::Ended>(), 1U) << "BYE to the browser";
  EXPECT_THAT(bridges().back(), HasSubstr("-t "));
  EXPECT_THAT(bridges().back(), HasSubstr("-t2"));
  EXPECT_THAT(ended, IsEmpty());
  EXPECT_EQ(board->status().legs, 2U);

  hang_up(*provider, first);
  EXPECT_EQ(provider->count<sip::Ended>(), 1U) << "BYE to the target";
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].outcome, Outcome::Completed);
  EXPECT_EQ(ended[0].remote_number, "4443");
  EXPECT_EQ(ended[0].transferred_to, "2125550123");
  EXPECT_EQ(ended[0].browser_leg.statistics->packets_received(), 4'711U);
  advance(seconds(40));
  EXPECT_EQ(board->status().sessions, 0U);
  EXPECT_EQ(board->status().legs, 0U);
  EXPECT_EQ(board->status().transactions, 0U);
}

TEST_F(SwitchboardTransferTest, AnInboundCallIsTransferredLikewise) {
  call_in();
  browser_answers();
  advance(seconds(1));
  refer(tab(), tab().last<sip::InviteReceived>()->session, "sip:2125550123@offhook.invalid");
  provider_answers();
  EXPECT_THAT(told(tab()), ElementsAre("SIP/2.0 100 Trying", "SIP/2.0 200 OK"));
  EXPECT_EQ(tab().count<sip::Ended>(), 1U);
  EXPECT_EQ(board->status().legs, 2U);
}

TEST_F(SwitchboardTransferTest, TellsTheBrowserInWordsWhyTheTargetCannotBeHad) {
  const auto session = talk();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  provider_refuses(486);
  EXPECT_THAT(told(tab()), ElementsAre("SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"));
  const auto notify = std::get<sip::Request>(tab().received.back());
  EXPECT_EQ(notify.method, sip::Method::Notify);
  EXPECT_THAT(notify.headers.reason, HasSubstr("The line is busy."));
  EXPECT_THAT(notify.headers.subscription_state, HasSubstr("terminated"));
  EXPECT_EQ(tab().count<sip::Ended>(), 0U);
  EXPECT_THAT(bridges().back(), HasSubstr("-b1"));

  refer(tab(), session, "sip:2125550124@offhook.invalid");
  provider_answers();
  EXPECT_EQ(told(tab()).back(), "SIP/2.0 200 OK");
}

TEST_F(SwitchboardTransferTest, RefusesWhatMayNotBeCalled) {
  make([](Config& changed) { changed.dial.user.forbidden = {*DialPrefix::parse("+1900")}; });
  const auto session = talk();
  const auto invites = provider->count<sip::InviteReceived>();
  for (const auto& [target, status] :
       {std::pair{"sip:19005550100@offhook.invalid", 403},
        {"sip:nobody@offhook.invalid", 484},
        {"sip:2125550123@offhook.invalid;method=BYE", 501},
        {"sip:2125550123@offhook.invalid?Replaces=nonsense", 400},
        {"sip:2125550123@offhook.invalid?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc", 481}}) {
    refer(tab(), session, target);
    EXPECT_EQ(answer(tab()), status) << target;
  }
  EXPECT_EQ(provider->count<sip::InviteReceived>(), invites);
  EXPECT_THAT(told(tab()), IsEmpty());
  EXPECT_EQ(tab().count<sip::Ended>(), 0U) << "the call goes on";
}

TEST_F(SwitchboardTransferTest, TheProviderMayNotMakeUsCall) {
  talk();
  const auto invites = provider->count<sip::InviteReceived>();
  refer(*provider, provider_session(), "sip:2125550123@offhook.invalid");
  EXPECT_EQ(answer(*provider), 403);
  EXPECT_EQ(provider->count<sip::InviteReceived>(), invites);
}

TEST_F(SwitchboardTransferTest, OneTransferAtATime) {
  const auto session = talk();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  refer(tab(), session, "sip:2125550124@offhook.invalid");
  EXPECT_EQ(answer(tab()), 491);
}

TEST_F(SwitchboardTransferTest, BothTrunkLegsHaveAPlaceUntilTheyEnd) {
  make([](Config& changed) { changed.dial.user.calls_at_once = 2; });
  const auto session = talk();
  const auto first = provider_session();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  provider_refuses(486);
  refer(tab(), session, "sip:2125550124@offhook.invalid");
  EXPECT_EQ(answer(tab()), 202) << "the one refused has given its place back";
  provider_answers();
  dial();
  EXPECT_EQ(tab().last<sip::Refused>()->response.status, 486) << "two legs talk";
  hang_up(*provider, first);
  dial();
  EXPECT_EQ(provider->last<sip::InviteReceived>()->request.uri.user, "4443");
}

TEST_F(SwitchboardTransferTest, ATargetIsTriedAtTheNextServerToo) {
  zone["atlanta1.voip.ms"] = {kProvider.address, kSecondProvider.address};
  make([](Config&) {});
  const auto session = talk();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  provider_refuses(503);
  EXPECT_EQ(second_provider->count<sip::InviteReceived>() + provider->count<sip::InviteReceived>(),
            3U);
  EXPECT_THAT(told(tab()), ElementsAre("SIP/2.0 100 Trying"));
}

TEST_F(SwitchboardTransferTest, ConnectsTheCallersOfTwoCallsThatTalk) {
  const auto caller = talk();
  const auto caller_at_provider = provider_session();
  dial("2125550123");
  const auto target_at_provider = provider_session();
  provider_answers();
  refer(tab(), caller, "sip:2125550123@offhook.invalid?Replaces=" + latest_dialog(tab()).escaped());
  EXPECT_EQ(answer(tab()), 202);
  EXPECT_EQ(told(tab()).back(), "SIP/2.0 200 OK");
  EXPECT_EQ(tab().count<sip::Ended>(), 2U) << "BYE for both calls";
  EXPECT_EQ(provider->count<sip::Ended>(), 0U);
  EXPECT_EQ(board->status().legs, 2U);
  ASSERT_EQ(ended.size(), 1U) << "the consultation's";
  EXPECT_EQ(ended[0].remote_number, "2125550123");
  EXPECT_EQ(board->status().calls, 1U);

  hang_up(*provider, target_at_provider);
  EXPECT_EQ(provider->last<sip::Ended>()->session, caller_at_provider);
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[1].transferred_to, "2125550123");
  advance(seconds(40));
  EXPECT_EQ(board->status().sessions, 0U);
  EXPECT_EQ(board->status().legs, 0U);
}

TEST_F(SwitchboardTransferTest, ConnectsTheCallerWithATargetThatStillRings) {
  const auto caller = talk();
  dial("2125550123");
  provider->agent.ring(provider_session(), provider_identity(), now);
  pump();
  const auto ringing = tab().last<sip::Progressed>().value().response.headers;
  refer(tab(), caller,
        "sip:2125550123@offhook.invalid?Replaces=" + ringing.call_id + "%3Bto-tag%3D" +
            std::string(ringing.to.tag()) + "%3Bfrom-tag%3D" + std::string(ringing.from.tag()));
  EXPECT_EQ(answer(tab()), 202);
  EXPECT_EQ(provider->count<sip::Cancelled>(), 0U);
  provider_answers();
  EXPECT_EQ(told(tab()).back(), "SIP/2.0 200 OK");
  EXPECT_EQ(board->status().calls, 1U);
  EXPECT_EQ(board->status().legs, 2U);
}

TEST_F(SwitchboardTransferTest, ACallOfAnotherUserCannotBeReached) {
  make([](Config& changed) {
    changed.users.emplace_back("other");
    changed.trunks.push_back(changed.trunks[0]);
    changed.trunks[1].name = "second";
    changed.trunks[1].user = "other";
    changed.trunks[1].account.username = "100002";
  });
  open(2, "other");
  register_device(2, "<urn:2>", "other");
  dial("2125550123", 2);
  provider_answers();
  const auto foreign = latest_dialog(tab(2));
  const auto own = talk();
  refer(tab(), own, "sip:2125550123@offhook.invalid?Replaces=" + foreign.escaped());
  EXPECT_EQ(answer(tab()), 481);
  EXPECT_EQ(invite_replacing(kTab, foreign), 481);
  EXPECT_EQ(tab(2).count<sip::Ended>(), 0U);
}

TEST_F(SwitchboardTransferTest, ACallMovesToAnotherDeviceOfItsUser) {
  talk();
  open(2);
  register_device(2, "<urn:2>");
  EXPECT_EQ(invite_replacing(2, latest_dialog(tab())), 200);
  EXPECT_EQ(tab().count<sip::Ended>(), 1U);
  EXPECT_EQ(provider->count<sip::Ended>(), 0U);
  EXPECT_EQ(provider->count<sip::Reinvited>(), 0U) << "the far side need not know";
  EXPECT_THAT(bridges().back(), HasSubstr("-b2"));
  EXPECT_EQ(board->status().legs, 2U);
  EXPECT_THAT(ended, IsEmpty());
}

TEST_F(SwitchboardTransferTest, RefusesToReplaceWhatIsNotThereOrIsAnswered) {
  talk();
  EXPECT_EQ(invite_replacing(kTab, latest_dialog(tab()), ";early-only"), 486);
  auto dialog = latest_dialog(tab());
  dialog.theirs += "x";
  EXPECT_EQ(invite_replacing(kTab, dialog), 481);
  EXPECT_EQ(tab().count<sip::Ended>(), 0U);
}

TEST_F(SwitchboardTransferTest, ABrowserThatIsGoneWhileTheTargetRingsLeavesNothingBehind) {
  const auto session = talk();
  refer(tab(), session, "sip:2125550123@offhook.invalid");
  hang_up(tab(), session);
  EXPECT_EQ(provider->count<sip::Ended>(), 0U) << "the transfer goes on";
  provider_answers();
  EXPECT_EQ(board->status().legs, 2U);
  hang_up(*provider, provider_session());
  EXPECT_EQ(provider->count<sip::Ended>(), 1U);
  advance(seconds(40));
  EXPECT_EQ(board->status().sessions, 0U);
  EXPECT_EQ(board->status().legs, 0U);
}

}  // namespace
}  // namespace offhook::call
