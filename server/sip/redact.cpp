#include "sip/redact.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace offhook::sip {
namespace {

constexpr std::string_view kRemoved = "removed";

void remove(std::string& secret) {
  if (!secret.empty()) secret = kRemoved;
}

void remove_secrets(std::vector<Challenge>& challenges) {
  for (Challenge& challenge : challenges) {
    remove(challenge.nonce);
    if (challenge.opaque) challenge.opaque = kRemoved;
  }
}

void remove_secrets(std::vector<Credentials>& answers) {
  for (Credentials& answer : answers) {
    remove(answer.nonce);
    remove(answer.cnonce);
    remove(answer.response);
    if (answer.opaque) answer.opaque = kRemoved;
  }
}

// The headers of a URI may hold anything, and `postd` digits to press once there is an answer.
void remove_secrets(Uri& uri) {
  uri.headers.clear();
  uri.parameters.remove("postd");
}

void remove_secrets(Headers& headers) {
  remove_secrets(headers.www_authenticate);
  remove_secrets(headers.proxy_authenticate);
  remove_secrets(headers.authorization);
  remove_secrets(headers.proxy_authorization);
  remove_secrets(headers.from.uri);
  remove_secrets(headers.to.uri);
  for (auto* list : {&headers.contact, &headers.route, &headers.record_route, &headers.path}) {
    for (NameAddress& address : *list) remove_secrets(address.uri);
  }
  for (auto* address : {&headers.remote_party_id, &headers.p_asserted_identity, &headers.refer_to,
                        &headers.referred_by}) {
    if (*address) remove_secrets((*address)->uri);
  }
}

// ---- bodies ----

// Values of the lines below are made of these; what has others in it is not what it says.
bool is_plain(std::string_view value) {
  constexpr std::size_t kLongest = 160;
  constexpr std::string_view kOthers = " ./:_+-*";
  return value.size() <= kLongest && std::ranges::all_of(value, [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kOthers.contains(c);
         });
}

bool is_shown(std::string_view line) {
  constexpr std::array<std::string_view, 6> kExact{"a=sendrecv", "a=sendonly", "a=recvonly",
                                                   "a=inactive", "a=rtcp-mux", "a=ice-lite"};
  constexpr std::array<std::string_view, 5> kStarts{
      "c=", "m=", "a=rtpmap:", "a=ptime:", "a=setup:"};
  return is_plain(line.substr(std::min<std::size_t>(line.size(), 2))) &&
         (std::ranges::find(kExact, line) != kExact.end() ||
          std::ranges::any_of(kStarts, [&](auto start) { return line.starts_with(start); }));
}

// Works on text that is no SDP too: what cannot be read is just when it is looked at.
std::string reduced_sdp(std::string_view body) {
  std::string out;
  std::size_t candidates = 0;
  std::size_t keys = 0;
  std::size_t others = 0;
  while (!body.empty()) {
    const std::size_t end = body.find_first_of("\r\n");
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.empty()) continue;
    if (is_shown(line)) {
      out += std::string(line) + "\n";
    } else if (line.starts_with("a=candidate:")) {
      ++candidates;
    } else if (line.starts_with("a=crypto:") || line.starts_with("k=")) {
      ++keys;
    } else {
      ++others;
    }
  }
  return out + "(not shown: " + std::to_string(candidates) + " candidates, " +
         std::to_string(keys) + " keys, " + std::to_string(others) + " other lines)\n";
}

bool is_media_description(const Headers& headers) {
  const Method method = headers.cseq.method;
  std::string_view type = headers.content_type;
  return (method == Method::Invite || method == Method::Ack || method == Method::Update ||
          method == Method::Prack) &&
         equals_ignoring_case(trim(take_until(type, ';')), "application/sdp");
}

std::string shown_body(const Headers& headers, const std::string& body) {
  if (body.empty()) return {};
  if (is_media_description(headers)) return reduced_sdp(body);
  const std::string type = headers.content_type.empty() ? "no type" : headers.content_type;
  return "(not shown: " + std::to_string(body.size()) + " bytes of " + type + ")\n";
}

std::string first(std::string_view text, std::size_t count) {
  if (text.size() <= count) return std::string(text);
  while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xc0) == 0x80) --count;
  return std::string(text.substr(0, count));
}

template <typename Either>
std::string redacted(Either message) {
  const std::string body = std::exchange(message.body, {});
  remove_secrets(message.headers);
  if constexpr (std::is_same_v<Either, Request>) remove_secrets(message.uri);
  std::string text = serialize(message);
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t length = text.rfind(kLength);
  if (length != std::string::npos) text.erase(length + kLength.size());
  text += std::to_string(body.size()) + "\n\n" + shown_body(message.headers, body);
  std::erase(text, '\r');
  return text;
}

}  // namespace

const Headers& headers_of(const Message& message) {
  return std::visit([](const auto& either) -> const Headers& { return either.headers; }, message);
}

std::string redact(const Message& message) {
  constexpr std::string_view kCut = "\n(cut)\n";
  const std::string text = std::visit([](const auto& either) { return redacted(either); }, message);
  if (text.size() <= limits::kTraceMessageBytes) return printable_utf8(text);
  return printable_utf8(first(text, limits::kTraceMessageBytes - kCut.size())) + std::string(kCut);
}

std::string summary(const Message& message) {
  constexpr std::size_t kLongest = 120;
  const std::string text =
      std::visit(Overloaded{
                     [](const Request& request) {
                       Uri uri = request.uri;
                       remove_secrets(uri);
                       return std::string(request.method_token()) + " " + uri.to_string();
                     },
                     [](const Response& response) {
                       const CSeq& cseq = response.headers.cseq;
                       const std::string method = cseq.method == Method::Unknown
                                                      ? cseq.unknown_method
                                                      : std::string(to_string(cseq.method));
                       return std::to_string(response.status) + " " + response.reason_phrase +
                              " (" + method + ")";
                     },
                 },
                 message);
  std::string line = printable_utf8(first(text, kLongest));
  std::ranges::replace(line, '\n', '?');
  return line;
}

}  // namespace offhook::sip
