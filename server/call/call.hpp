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
#include "call/media_link.hpp"
#include "call/switchboard.hpp"
#include "call/trunk_keys.hpp"
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
struct LegCommand {
  LegIndex leg;
  control::Command command;
};

using CallOutput = std::variant<SendInvite, SendRinging, SendProgress, Accept, RefuseOffer, Reject,
                                HangUp, LegCommand, LogEvent, CallEnded>;

// One call: a back-to-back user agent with a browser leg, a trunk leg and a bridge between them.
// It sees the events of its SIP sessions and of its media legs, each with the leg they are about,
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
//   Connected  | longest time reached                 | Ended      | BYE to both                                             | EndsWhenTheLongestTimeIsReached
//   any        | media failed or timed out            | Ended      | BYE or 500 to both                                      | EndsBothSidesWhenMediaTimesOut
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

  Call(Setup setup, Random& random, Time now);

  // Session events, each with the leg it is about; others than those of sessions are ignored.
  void handle(LegIndex leg, const sip::UserAgentOutput& event, Time now);
  // News of a leg from media; `fatal`: it cannot work.
  void handle_media(LegIndex leg, const control::Event& event, bool fatal, Time now);
  // Early: the trunk has sent the call elsewhere, and its leg begins again.
  void handle_redirected() { invite_trunk(); }
  // Ends the call from outside: media lost, shut-down.
  void fail(CallFailure failure, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<CallOutput> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_early() const {
    return state_ == State::Connecting || state_ == State::Ringing;
  }
  [[nodiscard]] const std::string& user() const { return setup_.user; }

 private:
  struct Leg {
    enum class Session : std::uint8_t { None, Incoming, Outgoing, Established, Over };
    enum class Media : std::uint8_t { None, Allocating, Allocated, Released };
    Session session = Session::None;
    Media media = Media::None;
    std::string id;
    bool media_connected = false;
    sdp::BrowserLocal browser;                 // devices
    sdp::TrunkLocal trunk;                     // the trunk
    std::optional<control::SetRemote> remote;  // as last told to media
    std::string answer;                        // outbound, device: the one SDP of 183 and 200
    bool dtls_active = false;                  // devices: our role, for the life of the association
    std::uint32_t ice_generation = 0;          // devices: how often they have restarted ICE
    // devices: waits for our credentials of this generation
    std::optional<sdp::Session> restart_offer;
  };
  // call.cpp: what both directions share
  void allocate(LegIndex leg);
  void handle_allocated(LegIndex leg, const control::LegAllocated& allocated, Time now);
  // No reply to an AllocateLeg is missing any more, if that is so.
  void settle_allocations();
  void lose_leg(LegIndex leg, CallFailure failure, Time now);
  // False, and nothing done, where the far side's SDP cannot be used with this call's codec.
  [[nodiscard]] bool read_browser_remote(LegIndex leg, const sdp::Session& session);
  enum class Role : std::uint8_t { Offer, Answer };  // of the far side's SDP
  [[nodiscard]] bool read_trunk_remote(const sdp::Session& session, Role role);
  [[nodiscard]] std::vector<sdp::Codec> codecs() const;
  void set_remote(LegIndex leg, control::Command command);
  void command(LegIndex leg, control::Command command);
  void bridge_when_ready();
  void unbridge();
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
  [[nodiscard]] bool trunk_takes_plain_instead(const sip::Refused& refused);
  void invite_trunk();
  void answer_caller(Time now);
  void play_ringback_when_ready();

  // inbound_call.cpp
  void start_inbound(Time now);
  void inbound_allocated(LegIndex leg, Time now);
  void device_progressed(const sip::Response& response);
  void device_accepted(LegIndex leg, const sip::Response& response, Time now);
  void device_refused(LegIndex leg, CallFailure failure, Time now);
  void drop_other_devices(CallFailure failure);
  void answer_trunk_when_ready(Time now);
  [[nodiscard]] bool late_offer_confirmed(const std::string& answer);

  // call_in_dialog.cpp
  void handle_reinvite(LegIndex leg, const std::string& offer, Time now);
  [[nodiscard]] bool reinvited_by_browser(LegIndex leg, const std::string& offer, Time now);
  [[nodiscard]] bool answer_reinvite(LegIndex leg, const sdp::Session& offer);
  void refuse_reinvite(LegIndex leg);
  void ice_restarted(LegIndex leg, const control::LegAllocated& allocated);
  [[nodiscard]] bool reinvited_by_trunk(const std::string& offer);
  void trunk_refreshed(const std::string& answer);
  void hold(bool on_hold);
  void handle_info(const sip::InfoReceived& info);

  [[nodiscard]] Leg& trunk_leg() { return legs_[kTrunkLeg]; }
  [[nodiscard]] Leg& browser_leg() { return legs_[device_]; }
  [[nodiscard]] bool outbound() const { return setup_.direction == Direction::Outbound; }

  Setup setup_;
  Random& random_;
  State state_ = State::Connecting;
  std::string bridge_id_;
  std::vector<Leg> legs_;            // the trunk's, then the devices'
  LegIndex device_ = kFirstDevice;   // the one that talks
  sdp::Session offer_;               // of whoever calls
  std::optional<sdp::Codec> codec_;  // one for both sides: nothing is ever transcoded
  TrunkKeys keys_;
  bool bridged_ = false;
  bool on_hold_ = false;          // by our user
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
