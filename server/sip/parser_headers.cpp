#include "sip/parser_headers.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "sip/parser_values.hpp"

namespace offhook::sip {
namespace {

using FieldParser = bool (*)(Headers&, std::string_view);

// What happens when a field stands there a second time.
enum class Repeat : std::uint8_t { List, Refused, Ignored };

struct Rule {
  std::string_view name;
  char compact;  // RFC 3261 7.3.3; 0 where there is none
  Repeat repeat;
  FieldParser parse;
};

// One parser a field, or a kind of fields.
namespace field {

template <auto member>
bool address_list(Headers& headers, std::string_view value) {
  return parse_addresses(value, headers.*member);
}

template <auto member>
bool single_address(Headers& headers, std::string_view value) {
  auto address = parse_address(value);
  if (address) headers.*member = std::move(*address);
  return address.has_value();
}

// Caller names from the telephone network: the first that we can read, and never a reason to refuse
// a call.
template <auto member>
bool asserted_address(Headers& headers, std::string_view value) {
  std::vector<NameAddress> list;
  if (parse_addresses(value, list) && !list.empty() && !(headers.*member)) {
    headers.*member = std::move(list.front());
  }
  return true;
}

template <auto member>
bool seconds(Headers& headers, std::string_view value) {
  headers.*member = parse_delta_seconds(value);
  return (headers.*member).has_value();
}

template <auto member>
bool text(Headers& headers, std::string_view value) {
  headers.*member = trim(value);
  return true;
}

template <auto member>
bool joined_text(Headers& headers, std::string_view value) {
  std::string& field = headers.*member;
  if (const auto more = trim(value); !more.empty())
    field += (field.empty() ? "" : ", ") + std::string(more);
  return true;
}

// What a peer tells of its abilities: what is not readable of it, it cannot do.
template <auto member>
bool abilities(Headers& headers, std::string_view value) {
  static_cast<void>(parse_list(value, headers.*member));
  std::erase_if(headers.*member, [](const std::string& item) { return !is_token(item); });
  return true;
}

void make_lower(std::vector<std::string>& list) {
  for (std::string& item : list) item = to_lower(item);
}

template <auto member>
bool supported_tags(Headers& headers, std::string_view value) {
  static_cast<void>(abilities<member>(headers, value));
  make_lower(headers.*member);
  return true;
}

// A demand that is not readable is not met.
template <auto member>
bool required_tags(Headers& headers, std::string_view value) {
  if (!parse_list(value, headers.*member)) return false;
  make_lower(headers.*member);
  return std::ranges::all_of(headers.*member, is_token);
}

bool accept(Headers& headers, std::string_view value) {
  static_cast<void>(parse_list(value, headers.accept));
  return true;
}

// Other schemes than Digest and challenges that we cannot read are as if they were not there: the
// answer to the message is then that nothing can be answered.
template <auto member>
bool challenge(Headers& headers, std::string_view value) {
  auto& all = headers.*member;
  if (all.size() == limits::kSipListElements) return false;
  if (auto parsed = parse_challenge(value)) all.push_back(std::move(*parsed));
  return true;
}

template <auto member>
bool credentials(Headers& headers, std::string_view value) {
  auto& all = headers.*member;
  if (!is_digest(value)) return true;
  auto parsed = parse_credentials(value);
  if (!parsed || all.size() == limits::kSipListElements) return false;
  all.push_back(std::move(*parsed));
  return true;
}

bool via(Headers& headers, std::string_view value) { return parse_via(value, headers.via); }

bool call_id(Headers& headers, std::string_view value) {
  headers.call_id = trim(value);
  return is_call_id(headers.call_id);
}

bool cseq(Headers& headers, std::string_view value) {
  auto parsed = parse_cseq(value);
  if (parsed) headers.cseq = std::move(*parsed);
  return parsed.has_value();
}

bool max_forwards(Headers& headers, std::string_view value) {
  headers.max_forwards = parse_decimal<std::uint8_t>(trim(value));
  return headers.max_forwards.has_value();
}

bool contact(Headers& headers, std::string_view value) {
  if (trim(value) == "*") {
    if (headers.contact_is_star) return false;
    headers.contact_is_star = true;
    return headers.contact.empty();
  }
  return !headers.contact_is_star && parse_addresses(value, headers.contact);
}

// delta-seconds [ comment ] [ parameters ] (RFC 3261 20.33); a hint, so never a reason to drop the
// response.
bool retry_after(Headers& headers, std::string_view value) {
  const auto digits = trim(value.substr(0, value.find_first_of(";(")));
  if (const auto delay = parse_delta_seconds(digits)) headers.retry_after = RetryAfter{*delay};
  return true;
}

// Its value is kept by HeaderReader, which knows where it stands in this table.
bool content_length(Headers&, std::string_view value) {
  return parse_decimal<std::size_t>(trim(value)).has_value();
}

}  // namespace field

constexpr std::array kRules{
    Rule{"Via", 'v', Repeat::List, field::via},
    Rule{"From", 'f', Repeat::Refused, field::single_address<&Headers::from>},
    Rule{"To", 't', Repeat::Refused, field::single_address<&Headers::to>},
    Rule{"Call-ID", 'i', Repeat::Refused, field::call_id},
    Rule{"CSeq", 0, Repeat::Refused, field::cseq},
    Rule{"Content-Length", 'l', Repeat::Refused, field::content_length},
    Rule{"Max-Forwards", 0, Repeat::Refused, field::max_forwards},
    Rule{"Contact", 'm', Repeat::List, field::contact},
    Rule{"Route", 0, Repeat::List, field::address_list<&Headers::route>},
    Rule{"Record-Route", 0, Repeat::List, field::address_list<&Headers::record_route>},
    Rule{"Path", 0, Repeat::List, field::address_list<&Headers::path>},
    Rule{"Expires", 0, Repeat::Refused, field::seconds<&Headers::expires>},
    Rule{"Min-Expires", 0, Repeat::Refused, field::seconds<&Headers::min_expires>},
    Rule{"Retry-After", 0, Repeat::Refused, field::retry_after},
    Rule{"WWW-Authenticate", 0, Repeat::List, field::challenge<&Headers::www_authenticate>},
    Rule{"Proxy-Authenticate", 0, Repeat::List, field::challenge<&Headers::proxy_authenticate>},
    Rule{"Authorization", 0, Repeat::List, field::credentials<&Headers::authorization>},
    Rule{"Proxy-Authorization", 0, Repeat::List, field::credentials<&Headers::proxy_authorization>},
    Rule{"Allow", 0, Repeat::List, field::abilities<&Headers::allow>},
    Rule{"Supported", 'k', Repeat::List, field::supported_tags<&Headers::supported>},
    Rule{"Require", 0, Repeat::List, field::required_tags<&Headers::require>},
    Rule{"Proxy-Require", 0, Repeat::List, field::required_tags<&Headers::proxy_require>},
    Rule{"Unsupported", 0, Repeat::List, field::supported_tags<&Headers::unsupported>},
    Rule{"Accept", 0, Repeat::List, field::accept},
    Rule{"Remote-Party-ID", 0, Repeat::Ignored, field::asserted_address<&Headers::remote_party_id>},
    Rule{"P-Asserted-Identity", 0, Repeat::List,
         field::asserted_address<&Headers::p_asserted_identity>},
    Rule{"User-Agent", 0, Repeat::Ignored, field::text<&Headers::user_agent>},
    Rule{"Server", 0, Repeat::Ignored, field::text<&Headers::server>},
    Rule{"Reason", 0, Repeat::List, field::joined_text<&Headers::reason>},
    Rule{"Warning", 0, Repeat::List, field::joined_text<&Headers::warning>},
    Rule{"Content-Type", 'c', Repeat::Refused, field::text<&Headers::content_type>},
    Rule{"Event", 'o', Repeat::Refused, field::text<&Headers::event>},
    Rule{"Subscription-State", 0, Repeat::Refused, field::text<&Headers::subscription_state>},
};

constexpr std::size_t kMandatory = 5;  // the first ones of the table
constexpr std::size_t kContentLength = 5;
static_assert(kRules[kContentLength].name == "Content-Length");

}  // namespace

Result<void> HeaderReader::read(std::string_view name, std::string_view value) {
  const auto rule = std::ranges::find_if(kRules, [&](const Rule& candidate) {
    if (name.size() == 1) return to_lower(name.front()) == candidate.compact;
    return equals_ignoring_case(name, candidate.name);
  });
  if (rule == kRules.end()) return {};
  const auto index = static_cast<std::size_t>(rule - kRules.begin());
  if (seen_[index] && rule->repeat == Repeat::Ignored) return {};
  if (seen_[index] && rule->repeat == Repeat::Refused) {
    return failure("more than one " + std::string(rule->name));
  }
  const bool well_formed = rule->parse(headers_, value);
  valid_[index] = well_formed && (!seen_[index] || valid_[index]);
  seen_[index] = true;
  if (!well_formed) return failure("malformed " + std::string(rule->name));
  if (index == kContentLength) content_length_ = parse_decimal<std::size_t>(trim(value));
  return {};
}

bool HeaderReader::is_complete() const {
  for (std::size_t index = 0; index < kMandatory; ++index) {
    if (!valid_[index]) return false;
  }
  return true;
}

}  // namespace offhook::sip
