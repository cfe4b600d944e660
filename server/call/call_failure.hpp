#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "call/switchboard.hpp"

namespace offhook::call {

// Why a call did not come about or did not go on.
enum class CallFailure : std::uint8_t {
  // Ours, before anything was tried.
  NotRegistered,
  InvalidNumber,
  UnreadableOffer,
  NoCommonCodec,
  TooManyCalls,
  TooManyCallsOfUser,
  TooManyCallsAMinute,
  ForbiddenDestination,
  NoTrunk,
  TrunkUnresolved,
  MediaAway,
  ShuttingDown,
  UnknownUser,
  NoDevice,
  // The trunk's word.
  NumberNotFound,
  NumberIncomplete,
  Busy,
  NoAnswer,
  Unavailable,
  Declined,
  Forbidden,
  PasswordRefused,
  FormatRefused,
  Congestion,
  TrunkError,
  TrunkSilent,
  // The user's or the caller's.
  Cancelled,
  AnsweredElsewhere,
  // In the call.
  MediaFailed,
  MediaTimedOut,
  MediaLost,
  ConnectionLost,
  SessionExpired,
  CallTooLong,
};
inline constexpr std::size_t kCallFailures = 34;

// The one table of failures.
struct FailureInfo {
  CallFailure failure;
  std::uint16_t sip_status;   // to whoever called: 400 to 699
  std::uint8_t q850_cause;    // ITU-T Q.850, 1 to 127
  std::string_view label;     // in metrics and logs
  Outcome outcome;            // in the CDR
  std::string_view sentence;  // for the user: what happened and what to do next; no quotes in it
};
[[nodiscard]] const FailureInfo& describe(CallFailure failure);

// What a final answer 300 to 699 to our INVITE at the trunk means. `local`: made by our own agent
// because no answer came.
[[nodiscard]] CallFailure failure_from_trunk(std::uint16_t status, bool local);
// What a device's refusal means.
[[nodiscard]] CallFailure failure_from_device(std::uint16_t status, bool local);

// The status that the provider is given for an incoming call: as in the table, but 486 for a
// declined call, because VoIP.ms goes on to the number's failover on 486 only.
[[nodiscard]] std::uint16_t status_for_trunk(CallFailure failure);

// Reason headers (RFC 3326). A browser gets status, cause and sentence, a trunk the cause alone.
[[nodiscard]] std::string reason_for_browser(CallFailure failure);
[[nodiscard]] std::string reason_for_trunk(CallFailure failure);
// Of a BYE that ends a call as calls end.
inline constexpr std::string_view kNormalReason = "Q.850;cause=16;text=\"Normal call clearing\"";

}  // namespace offhook::call
