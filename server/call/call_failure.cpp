#include "call/call_failure.hpp"

#include <array>

#include "base/assert.hpp"

namespace offhook::call {
namespace {

constexpr std::array<FailureInfo, kCallFailures> kTable{{
    {CallFailure::NotRegistered, 403, 21, "not_registered", Outcome::Failed,
     "This browser is not signed in to the phone. Reload the page and call again."},
    {CallFailure::InvalidNumber, 484, 28, "invalid_number", Outcome::Failed,
     "This is not a number that can be dialled. Use digits, * and #."},
    {CallFailure::UnreadableOffer, 488, 88, "unreadable_offer", Outcome::Failed,
     "The browser's audio settings cannot be understood. Use a current Chrome, Firefox or Safari."},
    {CallFailure::NoCommonCodec, 488, 88, "no_common_codec", Outcome::Failed,
     "The two sides have no audio format in common. Check the codecs of the trunk."},
    {CallFailure::TooManyCalls, 503, 42, "too_many_calls", Outcome::Failed,
     "The phone system is busy with other calls. Wait a moment and call again."},
    {CallFailure::TooManyCallsOfUser, 486, 17, "too_many_calls_of_user", Outcome::Busy,
     "You have too many calls at once. End one and call again."},
    {CallFailure::TooManyCallsAMinute, 503, 42, "too_many_calls_a_minute", Outcome::Failed,
     "Too many calls began within a minute. Wait a moment and call again."},
    {CallFailure::ForbiddenDestination, 403, 21, "forbidden_destination", Outcome::Rejected,
     "Calls to this number are not allowed here. Ask whoever runs this phone system to allow "
     "them."},
    {CallFailure::NoTrunk, 503, 38, "no_trunk", Outcome::Failed,
     "No provider is set up for your calls. Add a trunk to the configuration."},
    {CallFailure::TrunkUnresolved, 503, 38, "trunk_unresolved", Outcome::Failed,
     "The provider's address cannot be found. Check the internet connection and the trunk's host."},
    {CallFailure::MediaAway, 503, 41, "media_away", Outcome::Failed,
     "The audio service is restarting. Call again in a few seconds."},
    {CallFailure::ShuttingDown, 503, 41, "shutting_down", Outcome::Failed,
     "The phone system is being restarted. Call again in a minute."},
    {CallFailure::UnknownUser, 404, 1, "unknown_user", Outcome::Failed,
     "Nobody here has this number."},
    {CallFailure::NoDevice, 480, 20, "no_device", Outcome::NoAnswer,
     "No browser is open to take the call."},
    {CallFailure::NumberNotFound, 404, 1, "number_not_found", Outcome::Failed,
     "This number does not exist. Check it and call again."},
    {CallFailure::NumberIncomplete, 484, 28, "number_incomplete", Outcome::Failed,
     "This number is incomplete. Check it and call again."},
    {CallFailure::Busy, 486, 17, "busy", Outcome::Busy, "The line is busy. Call again later."},
    {CallFailure::NoAnswer, 480, 19, "no_answer", Outcome::NoAnswer,
     "Nobody answered. Call again later."},
    {CallFailure::Unavailable, 480, 18, "unavailable", Outcome::NoAnswer,
     "The person called cannot be reached now. Call again later."},
    {CallFailure::Declined, 603, 21, "declined", Outcome::Rejected, "The call was declined."},
    {CallFailure::Forbidden, 403, 21, "forbidden", Outcome::Rejected,
     "The provider does not allow this call. Check the account's permissions and balance."},
    {CallFailure::PasswordRefused, 502, 57, "password_refused", Outcome::Failed,
     "The provider refused the account's name or password. Check them in the trunk's settings."},
    {CallFailure::FormatRefused, 488, 88, "format_refused", Outcome::Failed,
     "The provider refused the audio format. Check codecs and encryption of the account."},
    {CallFailure::Congestion, 503, 42, "congestion", Outcome::Failed,
     "The provider has no free line now. Call again in a minute."},
    {CallFailure::TrunkError, 502, 38, "trunk_error", Outcome::Failed,
     "The provider could not connect the call. Call again, or try another number."},
    {CallFailure::TrunkSilent, 504, 102, "trunk_silent", Outcome::Failed,
     "The provider does not answer. Check the internet connection and the provider's status page."},
    {CallFailure::Cancelled, 487, 16, "cancelled", Outcome::Cancelled, "The call was cancelled."},
    {CallFailure::AnsweredElsewhere, 487, 26, "answered_elsewhere", Outcome::Cancelled,
     "Call completed elsewhere"},
    {CallFailure::MediaFailed, 500, 47, "media_failed", Outcome::Failed,
     "The audio connection failed. Call again."},
    {CallFailure::MediaTimedOut, 500, 27, "media_timed_out", Outcome::Failed,
     "The audio connection was lost. Check the network and call again."},
    {CallFailure::MediaLost, 500, 41, "media_lost", Outcome::Failed,
     "The audio service was restarted and the call with it. Call again."},
    {CallFailure::ConnectionLost, 500, 27, "connection_lost", Outcome::Failed,
     "The connection was lost. Call again."},
    {CallFailure::SessionExpired, 408, 102, "session_expired", Outcome::Failed,
     "The provider no longer confirmed the call, so it was ended. Call again."},
    {CallFailure::CallTooLong, 500, 31, "call_too_long", Outcome::Completed,
     "The call reached the longest time allowed."},
}};

}  // namespace

const FailureInfo& describe(CallFailure failure) {
  const FailureInfo& info = kTable.at(static_cast<std::size_t>(failure));
  OFFHOOK_ASSERT(info.failure == failure);
  return info;
}

CallFailure failure_from_trunk(std::uint16_t status, bool local) {
  if (local) return CallFailure::TrunkSilent;
  switch (status) {
    case 401:
    case 407:
      return CallFailure::PasswordRefused;
    case 402:
    case 403:
      return CallFailure::Forbidden;
    case 404:
    case 410:
    case 604:
      return CallFailure::NumberNotFound;
    case 408:  // chan_sip and proxies: the callee did not answer in time
      return CallFailure::NoAnswer;
    case 480:
      return CallFailure::Unavailable;
    case 484:
      return CallFailure::NumberIncomplete;
    case 486:
    case 600:
      return CallFailure::Busy;
    case 487:
      return CallFailure::Cancelled;
    case 415:
    case 488:
    case 606:
      return CallFailure::FormatRefused;
    case 503:
      return CallFailure::Congestion;
    case 603:
      return CallFailure::Declined;
    default:
      return CallFailure::TrunkError;
  }
}

CallFailure failure_from_device(std::uint16_t status, bool local) {
  if (local) return CallFailure::NoDevice;  // gone without a word
  switch (status) {
    case 415:
    case 488:
    case 606:
      return CallFailure::NoCommonCodec;
    case 486:
    case 600:
      return CallFailure::Busy;
    case 603:
      return CallFailure::Declined;
    default:
      return CallFailure::Unavailable;
  }
}

std::uint16_t status_for_trunk(CallFailure failure) {
  return failure == CallFailure::Declined ? 486 : describe(failure).sip_status;
}

std::string reason_for_browser(CallFailure failure) {
  const FailureInfo& info = describe(failure);
  // RFC 3326 knows SIP causes as statuses; 200 is what tells a phone that another one answered.
  const unsigned status = failure == CallFailure::AnsweredElsewhere ? 200U : info.sip_status;
  return "SIP;cause=" + std::to_string(status) + ";text=\"" + std::string(info.sentence) +
         "\", Q.850;cause=" + std::to_string(info.q850_cause);
}

std::string reason_for_trunk(CallFailure failure) {
  return "Q.850;cause=" + std::to_string(describe(failure).q850_cause);
}

}  // namespace offhook::call
