#include "sip/message.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/utf8.hpp"
#include "sip/parser_lexer.hpp"

namespace offhook::sip {
namespace {

constexpr std::size_t kSafeTextBytes = 256;

constexpr std::array<std::pair<Method, std::string_view>, 14> kMethods{{
    {Method::Invite, "INVITE"},
    {Method::Ack, "ACK"},
    {Method::Bye, "BYE"},
    {Method::Cancel, "CANCEL"},
    {Method::Register, "REGISTER"},
    {Method::Options, "OPTIONS"},
    {Method::Info, "INFO"},
    {Method::Message, "MESSAGE"},
    {Method::Notify, "NOTIFY"},
    {Method::Subscribe, "SUBSCRIBE"},
    {Method::Refer, "REFER"},
    {Method::Update, "UPDATE"},
    {Method::Prack, "PRACK"},
    {Method::Publish, "PUBLISH"},
}};

}  // namespace

std::string_view to_string(Method method) {
  const auto* found = std::ranges::find(kMethods, method, &decltype(kMethods)::value_type::first);
  return found == kMethods.end() ? "UNKNOWN" : found->second;
}

// With case (RFC 3261 7.1): "invite" is another method.
Method method_from(std::string_view token) {
  const auto* found = std::ranges::find(kMethods, token, &decltype(kMethods)::value_type::second);
  return found == kMethods.end() ? Method::Unknown : found->first;
}

std::string_view Via::branch() const { return parameters.get("branch").value_or(""); }

std::string_view NameAddress::tag() const { return parameters.get("tag").value_or(""); }

void NameAddress::set_tag(std::string tag) { parameters.set("tag", std::move(tag)); }

std::string_view Request::method_token() const {
  return method == Method::Unknown ? std::string_view(unknown_method) : to_string(method);
}

std::string safe_text(std::string_view text) {
  std::string safe = well_formed_utf8(text);
  std::erase_if(safe, is_control);
  if (safe.size() <= kSafeTextBytes) return safe;
  std::size_t end = kSafeTextBytes;
  while ((static_cast<unsigned char>(safe[end]) & 0xc0) == 0x80) --end;
  safe.resize(end);
  return safe;
}

Response make_response(const Request& request, std::uint16_t status, std::string_view to_tag,
                       std::string_view phrase) {
  Response response;
  response.status = status;
  response.reason_phrase = phrase.empty() ? reason_phrase(status) : phrase;
  response.headers.via = request.headers.via;
  response.headers.from = request.headers.from;
  response.headers.to = request.headers.to;
  response.headers.call_id = request.headers.call_id;
  response.headers.cseq = request.headers.cseq;
  if (!to_tag.empty() && response.headers.to.tag().empty()) {
    response.headers.to.set_tag(std::string(to_tag));
  }
  return response;
}

// FNV-1a over what identifies the request, folded to the 32 bits that RFC 3261 19.3 asks of a tag: a
// longer one makes the answer to a short request longer than the request, and then it is not sent.
std::string stateless_tag(const Headers& headers) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto branch = headers.via.empty() ? std::string_view{} : headers.via.front().branch();
  for (const std::string_view part :
       {std::string_view(headers.call_id), headers.from.tag(), branch}) {
    for (const char c : part) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  std::array<std::uint8_t, 4> bytes{};
  store_u32(bytes.data(), static_cast<std::uint32_t>(hash ^ (hash >> 32)));
  return to_hex(bytes);
}

}  // namespace offhook::sip
