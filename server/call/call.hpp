#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "call/call_failure.hpp"
#include "call/call_leg.hpp"
#include "call/media_link.hpp"
#include "call/switchboard.hpp"
#include "sdp/offer_answer.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// ---- what a call asks of the switchboard ----

struct SendInvite {  // to the trunk or to a device
  LegIndex leg;
  std::string offer;
};
struct SendRinging {  // 180
  LegIndex leg;
};
struct SendProgress {  // 183
  LegIndex leg;
  std::string sdp;
};
struct Accept {  // 200, to INVITE and re-INVITE
  LegIndex leg;
  std::string sdp;
};
struct RefuseOffer {  // to a re-INVITE; the session goes on
  LegIndex leg;
  std::uint16_t status;
  std::string reason;
};
struct Reject {  // the session is over
  LegIndex leg;
  std::uint16_t status;
  std::string reason;
};
struct HangUp {  // CANCEL or BYE; the session is over
  LegIndex leg;
  std::string reason;
};
struct NotifyTransfer {  // of a device's REFER; `is_final`: no other follows
  LegIndex leg;
  std::uint16_t status;
  std::string reason;
  bool is_final;
};
struct LegCommand {
  LegIndex leg;
  control::Command command;
};

using CallOutput = std::variant<SendInvite, SendRinging, SendProgress, Accept, RefuseOffer, Reject,
                                HangUp, NotifyTransfer, LegCommand, LogEvent, CallEnded>;

// One call: a back-to-back user agent with a browser leg, a trunk leg and a bridge between them;
// once its user has transferred it, with two trunk legs. It sees the events of its SIP sessions and of its media legs, each with the leg they are about,
// and never looks at anything else. After CallEnded it takes no more input.
//
// "early" stands for Connecting and Ringing.
//
// Outbound:
//   state      | input                                | next       | output                                                  | test in outbound_call
//   -          | a browser calls                      | Connecting | AllocateLeg for both                                    | AllocatesBothLegsAtOnceWhenABrowserCalls
//   -          | its offer cannot be used             | Ended      | 488                                                     | EndsWith488WhenTheOfferCannotBeUsed
//   Connecting | the browser's leg is allocated       | same       | its SetRemote, 183 with the answer                      | Sends183WithTheAnswerAsSoonAsTheBrowsersLegIsAllocated
//   Connecting | the trunk's leg is allocated         | same       | INVITE to the trunk, same codec                         | InvitesTheTrunkWithTheBrowsersCodecAsSoonAsItsLegIsAllocated
//   Connecting | 180 from the trunk, no SDP           | Ringing    | 180 to the browser, Play ringback                       | PlaysRingbackOn180WithoutSdp
//   Connecting | 1xx from the trunk with SDP          | Ringing    | 180 to the browser, SetRemote trunk, Bridge             | BridgesEarlyMediaOn183WithSdp
//   early      | 2xx from the trunk                   | Connected  | SetRemote trunk, Bridge, 200 with the SDP of the 183    | AnswersTheBrowserWithTheSdpOfThe183WhenTheTrunkAccepts
//   early      | the trunk refuses SRTP that may be   | same       | INVITE to the trunk, plain RTP                          | InvitesTheTrunkAgainWithoutSrtpWhereItMayBe
//   early      | the trunk sends the call elsewhere   | same       | INVITE to the trunk                                     | InvitesTheTrunkAgainWhereItSendsTheCallElsewhere
//   early      | refusal from the trunk               | Ended      | its meaning to the browser                              | TellsTheBrowserWhatTheTrunksRefusalMeans
//   early      | the browser cancels                  | Ended      | CANCEL to the trunk                                     | CancelsTheTrunkWhenTheBrowserCancels
//   early      | no answer in time                    | Ended      | CANCEL to the trunk, 480 to the browser                 | CancelsTheTrunkWhenNobodyAnswersInTime
//   early      | media does not answer                | Ended      | 503                                                     | EndsWhenMediaDoesNotAnswer
//
// Inbound:
//   state      | input                                | next       | output                                                  | test in inbound_call
//   -          | the trunk calls                      | Connecting | AllocateLeg for it and each device                      | AllocatesALegForEachDeviceAndTheTrunk
//   -          | its offer cannot be used, or is held | Ended      | 488                                                     | EndsWith488WhenTheOfferCannotBeUsed
//   early      | a device's leg is allocated          | same       | INVITE to that device                                   | InvitesADeviceWithTheTrunksCodecWhenItsLegIsAllocated
//   early      | another device of the user comes     | same       | AllocateLeg                                             | RingsADeviceThatComesWhileOthersRing
//   Connecting | 1xx from the first device            | Ringing    | 180 to the trunk                                        | RingsTheTrunkOnceWhenTheFirstDeviceRings
//   early      | a device answers                     | Answering  | SetRemote for both, Bridge; the others: CANCEL, Release | CancelsTheOtherDevicesWhenOneAnswers
//   early      | a device refuses, others ring        | same       | Release of its leg                                      | ReleasesARefusingDevicesLegWhileOthersRing
//   early      | a device declines (6xx), or the last | Ended      | 486 or 480 to the trunk                                 | EndsForAllDevicesWhenOneDeclines
//   Answering  | the device's media is connected      | Connected  | 200 to the trunk                                        | AnswersTheTrunkWhenTheDevicesMediaIsConnected
//   Answering  | media is not connected in time       | Connected  | 200 to the trunk                                        | AnswersTheTrunkWhenMediaIsNotConnectedInTime
//   Answering  | the device hangs up                  | Ended      | 480 to the trunk                                        | Sends480WhenTheDeviceHangsUpBeforeTheTrunkIsAnswered
//   early      | no answer in time                    | Ended      | 480 to the trunk, CANCEL to the devices                 | Sends480WhenNobodyAnswersInTime
//   early      | the trunk cancels                    | Ended      | CANCEL or BYE to the devices                            | CancelsTheDevicesWhenTheTrunkCancels
//
// Both:
//   state      | input                                | next       | output                                                  | test
//   Connected  | BYE from either side                 | Ended      | BYE to the other                                        | HangsUpTheTrunkWhenTheBrowserHangsUp
//   Connected  | re-INVITE                            | same       | 200, same format; SetRemote if changed                  | AnswersATrunksRefreshWithoutTouchingMedia
//   Connected  | UPDATE of the trunk with an offer    | same       | as a re-INVITE                                          | AnswersATrunksUpdateAsAReinvite
//   Connected  | our refresh is answered by the trunk | same       | SetRemote if changed                                    | FollowsTheAnswerToARefreshOfOurs
//   Connected  | its session timer expires            | Ended      | BYE to the browser                                      | EndsWithWordsWhenTheTrunksSessionExpires
//   Connected  | re-INVITE of the browser: ICE restart| same       | AllocateLeg for new credentials; with them SetRemote    | AnswersAnIceRestartWithNewCredentialsOfOurs
//              |                                      |            | and 200                                                 |
//   Connected  | re-INVITE of the browser: hold       | same       | Unbridge, Play music to the trunk                       | HoldsLocallyWithMusicForTheTrunkWhenTheBrowserHolds
//   Connected  | re-INVITE of the browser: resume     | same       | StopPlaying, Bridge                                     | StopsTheMusicAndBridgesAgainWhenTheBrowserResumes
//   Connected  | INFO with a key                      | same       | SendDigit to the trunk                                  | SendsAKeyOfTheBrowserToTheTrunk
//   Connected  | INFO of the trunk with a key         | same       | SendDigit to the browser                                | SendsAKeyOfTheTrunkToTheBrowser
//   Connected  | longest time reached                 | Ended      | BYE to both                                             | EndsWhenTheLongestTimeIsReached
//   any        | media failed or timed out            | Ended      | BYE or 500 to both                                      | EndsBothSidesWhenMediaTimesOut
//
// Transfer (RFC 5589), all of it in Connected: a target is called over a leg of the same trunk (Calling), and joined with
// the one that waits (Joined).
//   state     | input                             | next      | output                                                  | test in call_transfer
//   Connected | REFER of the browser to a number  | Calling   | NOTIFY 100; Unbridge, music to the trunk, AllocateLeg   | PlaysMusicAndAsksForALegWhenTheBrowserTransfers
//   Calling   | the target's leg is allocated     | same      | INVITE, same codec                                      | InvitesTheTargetWithTheCodecOfTheCall
//   Calling   | 180 from the target, no SDP       | same      | NOTIFY 180, Play ringback to the trunk                  | LetsTheTrunkHearThatTheTargetRings
//   Calling   | 1xx from the target with SDP      | same      | NOTIFY 180, SetRemote, Bridge                           | LetsTheTrunkHearTheTargetsEarlyMedia
//   Calling   | 2xx from the target               | Joined    | Bridge, NOTIFY 200, BYE to the browser                  | JoinsTheTrunkAndTheTargetWhenItAnswers
//   Calling   | refusal, no answer, no media      | Connected | NOTIFY with its meaning; all as before the REFER        | ComesBackToTheBrowserWhenTheTargetRefuses
//   Calling   | the browser hangs up              | same      | Release of its leg                                      | GoesOnCallingTheTargetWithoutTheBrowser
//   Calling   | refusal, and the browser has gone | Ended     | BYE to the trunk                                        | EndsWhenTheTargetRefusesAndTheBrowserIsGone
//   Calling   | the trunk hangs up                | Ended     | CANCEL to the target, NOTIFY 487, BYE to the browser    | CancelsTheTargetWhenTheTrunkHangsUp
//   Connected | REFER to another call that talks  | Joined    | Bridge, NOTIFY 200, BYE to the browser; that call ends  | JoinsTheTrunksOfTwoCalls
//   Connected | REFER to another call that rings  | Calling   | with the trunk leg of that call, which ends             | TakesOverATargetThatStillRings
//   Joined    | BYE from either side              | Ended     | BYE to the other                                        | EndsBothTrunkLegsWhenOneHangsUp
//   Connected | INVITE of a device with Replaces  | Connected | AllocateLeg; with it 200, Bridge, BYE to the one before | MovesToTheDeviceThatReplaces
class Call {
 public:
  enum class State : std::uint8_t { Connecting, Ringing, Answering, Connected, Ended };

  struct Setup {
    CallId id{};
    Direction direction = Direction::Outbound;
    std::string user;
    std::string trunk;
    std::string remote_number;          // as dialled after normalisation, or the caller's
    std::string media_prefix;           // of leg ids: unique among signal processes
    std::vector<sdp::Codec> codecs;     // of the trunk, in order of preference
    SrtpPolicy srtp = SrtpPolicy::Off;  // of the trunk
    std::string offer;                  // of whoever calls; "" : an INVITE without an offer
    std::size_t devices = 1;            // inbound: how many ring
    Duration no_answer_timeout{};
    Duration media_ready_timeout{};
    Duration longest_call = limits::kCallLength;  // from the answer
  };
  // A process on the same machine that has not allocated in this time will not.
  static constexpr Duration kAllocationTimeout = std::chrono::seconds(3);
  // Transfers that failed and devices that were replaced leave legs behind: so many in all.
  static constexpr std::size_t kMaxLegs = 64;

  Call(Setup setup, Random& random, Time now);

  // Session events, each with the leg it is about; others than those of sessions are ignored.
  void handle(LegIndex leg, const sip::UserAgentOutput& event, Time now);
  // News of a leg from media; `fatal`: it cannot work.
  void handle_media(LegIndex leg, const control::Event& event, bool fatal, Time now);
  // The trunk has sent its leg's INVITE elsewhere, and it begins again.
  void handle_redirected(LegIndex leg) { invite_trunk(leg); }
  // It would have, but that is not allowed.
  void handle_redirect_refused(LegIndex leg, CallFailure failure, Time now);
  // Ends the call from outside: media lost, shut-down.
  void fail(CallFailure failure, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<CallOutput> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] State state() const { return state_; }
  // state(), and whether it is being transferred, was, or moves to another device.
  [[nodiscard]] std::string_view phase() const;
  [[nodiscard]] bool is_early() const {
    return state_ == State::Connecting || state_ == State::Ringing;
  }
  [[nodiscard]] const std::string& user() const { return setup_.user; }

  // ---- while devices ring: one more ----
  [[nodiscard]] bool can_ring_device() const {
    return !outbound() && is_early() && legs_.size() < kMaxLegs;
  }
  // Its leg is `legs()` of before.
  void ring_device(Time now);

  // ---- transfer: for the user's device that talks ----
  [[nodiscard]] bool is_device_talking(LegIndex leg) const {
    return state_ == State::Connected && leg == device_ && partner_ == device_;
  }
  // Whether it can be transferred, or its device be replaced, now: not while that is under way.
  [[nodiscard]] bool can_change_parties() const;
  // A REFER to `number`, which may be called. The target's leg is `legs()` of before.
  void transfer(std::string number, Time now);
  // A REFER to a call of the same user, which gives its leg to this one and ends.
  struct GivenLeg {
    CallLeg leg;
    std::string number;  // who is there
    bool rings = false;  // not answered yet: has rung
  };
  [[nodiscard]] bool can_give_trunk_leg() const;
  [[nodiscard]] GivenLeg give_trunk_leg(const Call& to, Time now);
  void transfer(GivenLeg target, Time now);
  // Nothing is transcoded: two calls can be joined where they have one codec.
  [[nodiscard]] bool has_codec_of(const Call& other) const { return codec_ == other.codec_; }
  // An INVITE with Replaces (RFC 3891) of a device, with this offer. Its leg is `legs()` of before.
  void replace_device(const std::string& offer, Time now);
  [[nodiscard]] std::size_t legs() const { return legs_.size(); }

 private:
  using Leg = CallLeg;
  // A leg of the trunk is called, and the other one waits.
  struct Transfer {
    LegIndex leg;
    std::string number;
    Time deadline;  // no answer
    bool rings = false;
  };
  struct Replacement {
    LegIndex leg;
    sdp::Session offer;
  };
  enum class Sound : std::uint8_t { None, Music, Ringback };

  // call.cpp: what both directions share
  void allocate(LegIndex leg, Time now);
  void handle_allocated(LegIndex leg, const control::LegAllocated& allocated, Time now);
  // No reply to an AllocateLeg is missing any more, if that is so.
  void settle_allocations();
  void give_up_allocations(Time now);
  void lose_leg(LegIndex leg, CallFailure failure, Time now);
  // False, and nothing done, where the far side's SDP cannot be used with this call's codec.
  [[nodiscard]] bool read_browser_remote(LegIndex leg, const sdp::Session& session);
  enum class Role : std::uint8_t { Offer, Answer };  // of the far side's SDP
  [[nodiscard]] bool read_trunk_remote(LegIndex leg, const sdp::Session& session, Role role);
  [[nodiscard]] std::vector<sdp::Codec> codecs() const;
  void set_remote(LegIndex leg, control::Command command);
  void command(LegIndex leg, control::Command command);
  void bridge_when_ready();
  void unbridge();
  void play_to_trunk(Sound sound);
  void release(LegIndex leg);
  void connect(Time now);
  void session_ended(sip::Ended::Cause cause, Time now);
  void end(std::optional<CallFailure> failure, Time now);
  void end_session(LegIndex leg, std::optional<CallFailure> failure);
  // Asks media how a leg fared; "" where nothing went over it.
  [[nodiscard]] LegRecord ask_for_statistics(LegIndex leg);
  void report(std::optional<CallFailure> failure, LegRecord browser, LegRecord trunk, Time now);
  void log(LogEvent::Level level, std::string event,
           std::vector<std::pair<std::string, std::string>> fields = {});

  // outbound_call.cpp
  void start_outbound(Time now);
  void outbound_allocated(LegIndex leg, Time now);
  void trunk_progressed(const sip::Response& response);
  void trunk_accepted(const sip::Response& response, Time now);
  [[nodiscard]] bool takes_plain_instead(LegIndex leg, const sip::Refused& refused);
  void invite_trunk(LegIndex leg);
  void answer_caller(Time now);
  void play_ringback_when_ready();

  // inbound_call.cpp
  void start_inbound(Time now);
  void inbound_allocated(LegIndex leg, Time now);
  void device_progressed(const sip::Response& response);
  void device_accepted(LegIndex leg, const sip::Response& response, Time now);
  void device_refused(LegIndex leg, CallFailure failure, Time now);
  void drop_other_devices(CallFailure failure);
  LegIndex add_device();
  void answer_trunk_when_ready(Time now);
  [[nodiscard]] bool late_offer_confirmed(const std::string& answer);

  // call_in_dialog.cpp
  void handle_reinvite(LegIndex leg, const std::string& offer, Time now);
  [[nodiscard]] bool reinvited_by_browser(LegIndex leg, const std::string& offer, Time now);
  [[nodiscard]] bool answer_reinvite(LegIndex leg, const sdp::Session& offer);
  void refuse_reinvite(LegIndex leg);
  void ice_restarted(LegIndex leg, const control::LegAllocated& allocated);
  [[nodiscard]] bool reinvited_by_trunk(LegIndex leg, const std::string& offer);
  void trunk_refreshed(LegIndex leg, const std::string& answer);
  [[nodiscard]] static bool asks_for_hold(const sdp::BrowserRemote& remote);
  void hold(bool on_hold);
  void handle_info(LegIndex from, const sip::InfoReceived& info);

  // call_transfer.cpp
  [[nodiscard]] bool is_target(LegIndex leg) const { return transfer_ && transfer_->leg == leg; }
  void begin_transfer(LegIndex leg, std::string number, Time now);
  void handle_target(const sip::UserAgentOutput& event, Time now);
  void target_progressed(const sip::Response& response);
  void target_accepted(const sip::Response& response, Time now);
  void target_rings(Sound sound);
  void complete_transfer();
  void fail_transfer(CallFailure failure, Time now);
  void notify_transfer(std::uint16_t status, std::string reason, bool is_final);
  // The device is no part of the call any more.
  void drop_device(LegIndex leg, std::optional<CallFailure> failure);
  void device_replaced();
  void refuse_replacement(CallFailure failure);

  [[nodiscard]] Leg& trunk_leg() { return legs_[kTrunkLeg]; }
  [[nodiscard]] const Leg& trunk_leg() const { return legs_[kTrunkLeg]; }
  [[nodiscard]] Leg& browser_leg() { return legs_[device_]; }
  [[nodiscard]] bool outbound() const { return setup_.direction == Direction::Outbound; }

  Setup setup_;
  Random& random_;
  State state_ = State::Connecting;
  std::string bridge_id_;
  std::vector<Leg> legs_;            // the trunk's, the devices', then what came later
  LegIndex device_ = kFirstDevice;   // the one that talks
  LegIndex partner_ = kFirstDevice;  // whom the trunk talks with: the device, or a target
  sdp::Session offer_;               // of whoever calls
  std::optional<sdp::Codec> codec_;  // one for both sides: nothing is ever transcoded
  bool bridged_ = false;
  bool on_hold_ = false;             // by our user
  Sound trunk_sound_ = Sound::None;  // that the trunk hears instead of its partner
  std::optional<Transfer> transfer_;
  std::optional<Replacement> replacement_;
  std::string transferred_to_;
  LegRecord device_record_;       // of a device that has left
  bool trunk_answered_ = false;   // outbound: waits for the browser's leg
  bool media_wait_over_ = false;  // inbound: the answer waits no longer for the browser's media
  enum class Ringback : std::uint8_t { None, Wanted, Playing } ringback_ = Ringback::None;
  std::optional<CallFailure> last_refusal_;  // of a device
  Time started_at_;
  std::optional<Time> connected_at_;
  std::optional<Time> allocation_deadline_;
  std::optional<Time> deadline_;  // no answer, media not ready, longest call
  std::deque<CallOutput> outputs_;
};
}  // namespace offhook::call
