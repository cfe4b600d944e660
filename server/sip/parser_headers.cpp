#include "sip/parser_headers.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

// ---- checks, one for each kind of field ----

template <auto take, auto first>
bool check_elements(KnownFields& fields, HeaderId id, std::string_view value) {
  std::uint8_t& count = fields.count(id);
  return walk_elements(value, limits::kSipListElements - count, take,
                       [&](const auto& view) { first(fields, view, count++); });
}

constexpr auto kKeepTopVia = [](KnownFields& fields, const ViaView& via, std::uint8_t index) {
  if (index == 0) fields.via = via;
};
constexpr auto kCountOnly = [](KnownFields&, const AddressView&, std::uint8_t) {};

bool check_via(KnownFields& fields, HeaderId id, std::string_view value) {
  return check_elements<take_via, kKeepTopVia>(fields, id, value);
}

bool check_addresses(KnownFields& fields, HeaderId id, std::string_view value) {
  return check_elements<take_address, kCountOnly>(fields, id, value);
}

template <AddressView KnownFields::* member>
bool check_address(KnownFields& fields, HeaderId, std::string_view value) {
  const auto address = parse_address(value);
  if (address) fields.*member = *address;
  return address.has_value();
}

bool check_contact(KnownFields& fields, HeaderId id, std::string_view value) {
  if (trim(value) == "*") {
    if (fields.contact_is_star) return false;
    fields.contact_is_star = true;
    return fields.count(id) == 0;
  }
  return !fields.contact_is_star && check_addresses(fields, id, value);
}

bool check_call_id(KnownFields& fields, HeaderId, std::string_view value) {
  fields.call_id = trim(value);
  return is_call_id(fields.call_id);
}

bool check_cseq(KnownFields& fields, HeaderId, std::string_view value) {
  const auto cseq = parse_cseq(value);
  if (cseq) fields.cseq = *cseq;
  return cseq.has_value();
}

bool check_content_length(KnownFields& fields, HeaderId, std::string_view value) {
  fields.content_length = parse_decimal<std::size_t>(trim(value));
  return fields.content_length.has_value();
}

bool check_max_forwards(KnownFields& fields, HeaderId, std::string_view value) {
  fields.max_forwards = parse_decimal<std::uint8_t>(trim(value));
  return fields.max_forwards.has_value();
}

bool check_seconds(KnownFields&, HeaderId, std::string_view value) {
  return parse_delta_seconds(value).has_value();
}

// A demand that is not readable is not met.
bool check_tags(KnownFields& fields, HeaderId id, std::string_view value) {
  TextList list(value);
  while (const auto element = list.next()) {
    if (element->empty()) continue;
    if (!is_token(*element) || fields.count(id) == limits::kSipListElements) return false;
    ++fields.count(id);
  }
  return !list.is_malformed();
}

// Other schemes than Digest, and challenges that we cannot read, are as if they were not there: the
// answer to the message is then that nothing can be answered.
bool check_challenge(KnownFields& fields, HeaderId id, std::string_view value) {
  return !is_digest(value) || fields.count(id)++ < limits::kSipListElements;
}

bool check_credentials(KnownFields& fields, HeaderId id, std::string_view value) {
  if (!is_digest(value)) return true;
  return is_well_formed_digest(value) && fields.count(id)++ < limits::kSipListElements;
}

bool check_replaces(KnownFields&, HeaderId, std::string_view value) {
  return view_replaces(value).has_value();
}

// Text, and hints that are never a reason to refuse a message: what a peer tells of its abilities
// (what is not readable of it, it cannot do), caller names from the telephone network, who referred
// somebody to us, Retry-After, session timers, numbers of provisional responses.
bool check_nothing(KnownFields&, HeaderId, std::string_view) { return true; }

// ---- reading, one for each kind of field ----

void read_via(Headers& headers, std::string_view value) {
  static_cast<void>(
      walk_elements(value, limits::kSipListElements, take_via,
                    [&](const ViaView& via) { headers.via.push_back(via.to_via()); }));
}

template <auto member>
void read_addresses(Headers& headers, std::string_view value) {
  static_cast<void>(walk_elements(
      value, limits::kSipListElements, take_address,
      [&](const AddressView& address) { (headers.*member).push_back(address.to_name_address()); }));
}

template <auto member>
void read_address(Headers& headers, std::string_view value) {
  headers.*member = parse_address(value).value().to_name_address();
}

// The first line that we can read, and of it the first address.
template <auto member>
void read_first_address(Headers& headers, std::string_view value) {
  std::optional<AddressView> first;
  const bool well_formed =
      walk_elements(value, limits::kSipListElements, take_address, [&](const AddressView& address) {
        if (!first) first = address;
      });
  if (well_formed && first && !(headers.*member)) headers.*member = first->to_name_address();
}

void read_contact(Headers& headers, std::string_view value) {
  headers.contact_is_star = trim(value) == "*";
  if (!headers.contact_is_star) read_addresses<&Headers::contact>(headers, value);
}

void read_call_id(Headers& headers, std::string_view value) { headers.call_id = trim(value); }

void read_cseq(Headers& headers, std::string_view value) {
  headers.cseq = parse_cseq(value).value().to_cseq();
}

void read_nothing(Headers&, std::string_view) {}

void read_max_forwards(Headers& headers, std::string_view value) {
  headers.max_forwards = parse_decimal<std::uint8_t>(trim(value));
}

template <auto member>
void read_seconds(Headers& headers, std::string_view value) {
  headers.*member = parse_delta_seconds(value);
}

// delta-seconds [ comment ] [ parameters ] (RFC 3261 20.33).
void read_retry_after(Headers& headers, std::string_view value) {
  const auto digits = trim(value.substr(0, value.find_first_of(";(")));
  if (const auto delay = parse_delta_seconds(digits)) headers.retry_after = RetryAfter{*delay};
}

// The first line of each (RFC 4028 4, 5).
void read_session_expires(Headers& headers, std::string_view value) {
  if (!headers.session_expires) headers.session_expires = parse_session_expires(value);
}

void read_min_se(Headers& headers, std::string_view value) {
  const auto read = parse_session_expires(value);
  if (read && !headers.min_se) headers.min_se = read->interval;
}

void read_replaces(Headers& headers, std::string_view value) {
  headers.replaces = view_replaces(value).value().to_replaces();
}

void read_rseq(Headers& headers, std::string_view value) {
  headers.rseq = parse_decimal<std::uint32_t>(trim(value));
}

void read_rack(Headers& headers, std::string_view value) { headers.rack = parse_rack(value); }

template <auto member>
void read_text(Headers& headers, std::string_view value) {
  headers.*member = trim(value);
}

template <auto member>
void read_joined_text(Headers& headers, std::string_view value) {
  std::string& field = headers.*member;
  const auto more = trim(value);
  if (more.empty()) return;
  if (!field.empty()) field += ", ";
  field += more;
}

void read_list(std::vector<std::string>& items, std::string_view value, auto&& wanted) {
  items.reserve(items.size() + static_cast<std::size_t>(std::ranges::count(value, ',')) + 1);
  TextList list(value);
  while (const auto element = list.next()) {
    if (items.size() == limits::kSipListElements) return;
    if (!element->empty() && wanted(*element)) items.emplace_back(*element);
  }
}

template <auto member>
void read_tokens(Headers& headers, std::string_view value) {
  read_list(headers.*member, value, is_token);
}

template <auto member>
void read_tags(Headers& headers, std::string_view value) {
  read_tokens<member>(headers, value);
  for (std::string& tag : headers.*member) {
    std::ranges::transform(tag, tag.begin(), [](char c) { return to_lower(c); });
  }
}

void read_accept(Headers& headers, std::string_view value) {
  read_list(headers.accept, value, [](std::string_view) { return true; });
}

template <auto member, auto parse>
void read_digest(Headers& headers, std::string_view value) {
  if (auto parsed = parse(value)) (headers.*member).push_back(std::move(*parsed));
}

// ---- the table ----

using Id = HeaderId;
using H = Headers;
constexpr std::array<HeaderRule, kHeaderIds> kRules{{
    {Id::Via, "Via", 'v', Repeat::List, check_via, read_via},
    {Id::From, "From", 'f', Repeat::Refused, check_address<&KnownFields::from>,
     read_address<&H::from>},
    {Id::To, "To", 't', Repeat::Refused, check_address<&KnownFields::to>, read_address<&H::to>},
    {Id::CallId, "Call-ID", 'i', Repeat::Refused, check_call_id, read_call_id},
    {Id::CSeq, "CSeq", 0, Repeat::Refused, check_cseq, read_cseq},
    {Id::ContentLength, "Content-Length", 'l', Repeat::Refused, check_content_length, read_nothing},
    {Id::MaxForwards, "Max-Forwards", 0, Repeat::Refused, check_max_forwards, read_max_forwards},
    {Id::Contact, "Contact", 'm', Repeat::List, check_contact, read_contact},
    {Id::Route, "Route", 0, Repeat::List, check_addresses, read_addresses<&H::route>},
    {Id::RecordRoute, "Record-Route", 0, Repeat::List, check_addresses,
     read_addresses<&H::record_route>},
    {Id::Path, "Path", 0, Repeat::List, check_addresses, read_addresses<&H::path>},
    {Id::Expires, "Expires", 0, Repeat::Refused, check_seconds, read_seconds<&H::expires>},
    {Id::MinExpires, "Min-Expires", 0, Repeat::Refused, check_seconds,
     read_seconds<&H::min_expires>},
    {Id::RetryAfter, "Retry-After", 0, Repeat::Refused, check_nothing, read_retry_after},
    {Id::SessionExpires, "Session-Expires", 'x', Repeat::Ignored, check_nothing,
     read_session_expires},
    {Id::MinSe, "Min-SE", 0, Repeat::Ignored, check_nothing, read_min_se},
    {Id::WwwAuthenticate, "WWW-Authenticate", 0, Repeat::List, check_challenge,
     read_digest<&H::www_authenticate, parse_challenge>},
    {Id::ProxyAuthenticate, "Proxy-Authenticate", 0, Repeat::List, check_challenge,
     read_digest<&H::proxy_authenticate, parse_challenge>},
    {Id::Authorization, "Authorization", 0, Repeat::List, check_credentials,
     read_digest<&H::authorization, parse_credentials>},
    {Id::ProxyAuthorization, "Proxy-Authorization", 0, Repeat::List, check_credentials,
     read_digest<&H::proxy_authorization, parse_credentials>},
    {Id::Allow, "Allow", 0, Repeat::List, check_nothing, read_tokens<&H::allow>},
    {Id::Supported, "Supported", 'k', Repeat::List, check_nothing, read_tags<&H::supported>},
    {Id::Require, "Require", 0, Repeat::List, check_tags, read_tags<&H::require>},
    {Id::ProxyRequire, "Proxy-Require", 0, Repeat::List, check_tags, read_tags<&H::proxy_require>},
    {Id::Unsupported, "Unsupported", 0, Repeat::List, check_nothing, read_tags<&H::unsupported>},
    {Id::Accept, "Accept", 0, Repeat::List, check_nothing, read_accept},
    {Id::RemotePartyId, "Remote-Party-ID", 0, Repeat::Ignored, check_nothing,
     read_first_address<&H::remote_party_id>},
    {Id::PAssertedIdentity, "P-Asserted-Identity", 0, Repeat::List, check_nothing,
     read_first_address<&H::p_asserted_identity>},
    {Id::UserAgent, "User-Agent", 0, Repeat::Ignored, check_nothing, read_text<&H::user_agent>},
    {Id::Server, "Server", 0, Repeat::Ignored, check_nothing, read_text<&H::server>},
    {Id::Reason, "Reason", 0, Repeat::List, check_nothing, read_joined_text<&H::reason>},
    {Id::Warning, "Warning", 0, Repeat::List, check_nothing, read_joined_text<&H::warning>},
    {Id::ContentType, "Content-Type", 'c', Repeat::Refused, check_nothing,
     read_text<&H::content_type>},
    {Id::Event, "Event", 'o', Repeat::Refused, check_nothing, read_text<&H::event>},
    {Id::SubscriptionState, "Subscription-State", 0, Repeat::Refused, check_nothing,
     read_text<&H::subscription_state>},
    {Id::ReferTo, "Refer-To", 'r', Repeat::List, check_addresses, read_first_address<&H::refer_to>},
    {Id::ReferredBy, "Referred-By", 'b', Repeat::Ignored, check_nothing,
     read_first_address<&H::referred_by>},
    {Id::Replaces, "Replaces", 0, Repeat::Refused, check_replaces, read_replaces},
    {Id::RSeq, "RSeq", 0, Repeat::Ignored, check_nothing, read_rseq},
    {Id::RAck, "RAck", 0, Repeat::Ignored, check_nothing, read_rack},
}};

constexpr bool stand_in_their_places() {
  for (std::size_t index = 0; index < kRules.size(); ++index) {
    if (kRules.at(index).id != HeaderId(index)) return false;
  }
  return true;
}
static_assert(stand_in_their_places());

// The rules by length of the name, so that a name is compared with two or three others.
constexpr std::size_t kLongestName = 19;
struct ByLength {
  std::array<std::uint8_t, kHeaderIds> rules{};
  std::array<std::uint8_t, kLongestName + 2> start{};  // of each length, and the end
};
constexpr ByLength sort_by_length() {
  ByLength sorted;
  std::uint8_t next = 0;
  for (std::size_t length = 0; length <= kLongestName; ++length) {
    sorted.start.at(length) = next;
    for (std::uint8_t index = 0; index < kHeaderIds; ++index) {
      if (kRules.at(index).name.size() == length) sorted.rules.at(next++) = index;
    }
  }
  sorted.start.back() = next;
  return sorted;
}
constexpr ByLength kByLength = sort_by_length();
static_assert(kByLength.start.back() == kHeaderIds);

constexpr std::array<std::uint8_t, 256> index_compact_forms() {
  std::array<std::uint8_t, 256> indices{};
  indices.fill(kHeaderIds);
  for (std::uint8_t index = 0; index < kHeaderIds; ++index) {
    if (kRules.at(index).compact != 0) {
      indices.at(static_cast<unsigned char>(kRules.at(index).compact)) = index;
    }
  }
  return indices;
}
constexpr std::array<std::uint8_t, 256> kByCompact = index_compact_forms();

}  // namespace

const HeaderRule* find_header_rule(std::string_view name) {
  if (name.size() == 1) {
    const std::uint8_t index = kByCompact.at(static_cast<unsigned char>(to_lower(name.front())));
    return index == kHeaderIds ? nullptr : &kRules.at(index);
  }
  if (name.size() > kLongestName) return nullptr;
  for (std::size_t at = kByLength.start.at(name.size()); at < kByLength.start.at(name.size() + 1);
       ++at) {
    const HeaderRule& rule = kRules.at(kByLength.rules.at(at));
    if (equals_ignoring_case(rule.name, name)) return &rule;
  }
  return nullptr;
}

const HeaderRule& header_rule(HeaderId id) { return kRules.at(std::size_t(id)); }

}  // namespace offhook::sip
