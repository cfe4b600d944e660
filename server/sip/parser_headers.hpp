#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/parser_values.hpp"

// The header fields that we read: how each is checked, and how it becomes a field of Headers.
namespace offhook::sip {

enum class HeaderId : std::uint8_t {
  Via,
  From,
  To,
  CallId,
  CSeq,
  ContentLength,
  MaxForwards,
  Contact,
  Route,
  RecordRoute,
  Path,
  Expires,
  MinExpires,
  RetryAfter,
  SessionExpires,
  MinSe,
  WwwAuthenticate,
  ProxyAuthenticate,
  Authorization,
  ProxyAuthorization,
  Allow,
  Supported,
  Require,
  ProxyRequire,
  Unsupported,
  Accept,
  RemotePartyId,
  PAssertedIdentity,
  UserAgent,
  Server,
  Reason,
  Warning,
  ContentType,
  Event,
  SubscriptionState,
  ReferTo,
  ReferredBy,
  Replaces,
  RSeq,
  RAck,
};
inline constexpr std::uint8_t kHeaderIds = 40;
inline constexpr std::size_t kMandatoryHeaders = 5;  // the first ones

// What a message's fields say that every reader asks for.
struct KnownFields {
  ViaView via;  // the top one
  AddressView from;
  AddressView to;
  std::string_view call_id;
  CSeqView cseq;
  std::optional<std::size_t> content_length;
  std::optional<std::uint8_t> max_forwards;
  bool contact_is_star = false;
  // Elements of each list so far, over all its lines; those of other schemes are not counted.
  std::array<std::uint8_t, kHeaderIds> elements{};

  [[nodiscard]] std::uint8_t& count(HeaderId id) { return elements.at(std::size_t(id)); }
  [[nodiscard]] std::uint8_t count(HeaderId id) const { return elements.at(std::size_t(id)); }
};

// What happens when a field stands there a second time.
enum class Repeat : std::uint8_t { List, Refused, Ignored };

struct HeaderRule {
  HeaderId id;
  std::string_view name;
  char compact;  // RFC 3261 7.3.3; 0 where there is none
  Repeat repeat;
  // Whether a line's value is well formed; copies nothing.
  bool (*check)(KnownFields& fields, HeaderId id, std::string_view value);
  // The value of a line for which check() held; to be called in the order of the message.
  void (*read)(Headers& headers, std::string_view value);
};

// By full or compact name; null for a field that we do not read.
[[nodiscard]] const HeaderRule* find_header_rule(std::string_view name);
[[nodiscard]] const HeaderRule& header_rule(HeaderId id);

}  // namespace offhook::sip
