#include "sip/transaction_key.hpp"

#include "base/text.hpp"

namespace offhook::sip {
namespace {

void append_part(std::string& key, std::string_view part) {
  key.append(part);
  key.push_back('\n');  // in no header field
}

std::string key_for(const Flow& flow, const Request& request, std::string_view method) {
  const Via& via = request.headers.via.front();
  std::string key;
  append_part(key, std::to_string(flow.connection));
  append_part(key, via.branch());
  append_part(key, to_lower(via.host));
  append_part(key, std::to_string(via.port.value_or(0)));
  append_part(key, method);
  if (!via.branch().starts_with(kMagicCookie)) {
    // The To tag, which RFC 3261 adds for ACK, is left out: that ACK carries a tag that its INVITE
    // had not.
    append_part(key, request.uri.to_string());
    append_part(key, request.headers.from.tag());
    append_part(key, request.headers.call_id);
    append_part(key, std::to_string(request.headers.cseq.number));
  }
  return key;
}

}  // namespace

std::string client_key(const Headers& headers) {
  std::string key;
  append_part(key, headers.via.front().branch());
  const CSeq& cseq = headers.cseq;
  append_part(key, cseq.method == Method::Unknown ? cseq.unknown_method : to_string(cseq.method));
  return key;
}

std::optional<std::string> client_key_of_quote(std::string_view quoted) {
  constexpr std::string_view kBranch = "branch=";
  const std::string_view method = quoted.substr(0, quoted.find(' '));
  const std::size_t at = quoted.find(kBranch);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = quoted.substr(at + kBranch.size());
  const std::size_t end = rest.find_first_of(";\r");
  if (end == std::string_view::npos) return std::nullopt;
  std::string key;
  append_part(key, rest.substr(0, end));
  append_part(key, method);
  return key;
}

std::string server_key(const Flow& flow, const Request& request) {
  const bool ack = request.method == Method::Ack;
  return key_for(flow, request, ack ? to_string(Method::Invite) : request.method_token());
}

std::string cancelled_key(const Flow& flow, const Request& cancel) {
  return key_for(flow, cancel, to_string(Method::Invite));
}

std::string merge_key(const Flow& flow, const Request& request) {
  std::string key;
  append_part(key, std::to_string(flow.connection));
  append_part(key, request.headers.from.tag());
  append_part(key, request.headers.call_id);
  append_part(key, std::to_string(request.headers.cseq.number));
  append_part(key, request.method_token());
  return key;
}

}  // namespace offhook::sip
