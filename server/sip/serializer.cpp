#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "sip/message.hpp"
#include "sip/serializer_text.hpp"

namespace offhook::sip {
namespace {

// What the headers of a call's messages come to: they are written without growing.
constexpr std::size_t kUsualHeadBytes = 1'536;

void append_parameters(std::string& out, const Parameters& parameters) {
  for (const Parameter& item : parameters.items()) {
    append_token(out.append(1, ';'), item.name);
    if (item.value) append_parameter_value(out.append(1, '='), item.name, *item.value);
  }
}

// RFC 3261 20.19: 32 bits.
std::int64_t in_range(std::chrono::seconds delay) {
  return std::clamp<std::int64_t>(delay.count(), 0, UINT32_MAX);
}

void append_value(std::string& out, const Via& via) {
  append_token(out.append("SIP/2.0/"), via.transport);
  append_host(out.append(1, ' '), via.host);
  if (via.port.value_or(0) != 0) append_number(out.append(1, ':'), *via.port);
  append_parameters(out, via.parameters);
}

void append_value(std::string& out, const NameAddress& address) {
  if (!address.display_name.empty()) {
    append_quoted(out, address.display_name);
    out += ' ';
  }
  address.uri.append_to(out.append(1, '<'));
  append_parameters(out.append(1, '>'), address.parameters);
}

void append_value(std::string& out, const CSeq& cseq) {
  append_number(out, cseq.number);
  append_token(out.append(1, ' '),
               cseq.method == Method::Unknown ? cseq.unknown_method : to_string(cseq.method));
}

void append_value(std::string& out, const SessionExpires& expires) {
  append_number(out, in_range(expires.interval));
  if (expires.refresher == SessionExpires::Refresher::Uac) out += ";refresher=uac";
  if (expires.refresher == SessionExpires::Refresher::Uas) out += ";refresher=uas";
}

void append_value(std::string& out, const RAck& rack) {
  append_number(out, rack.rseq);
  append_value(out.append(1, ' '), rack.cseq);
}

void append_value(std::string& out, const Replaces& replaces) {
  std::string call_id = replaces.call_id;
  std::ranges::replace(call_id, ';', '_');  // here it would end there
  append_word(out, call_id);
  const auto tag = [&](std::string_view name, std::string_view value) {
    out.append(1, ';').append(name).append(1, '=');
    append_parameter_value(out, name, value.empty() ? "_" : value);
  };
  tag("to-tag", replaces.to_tag);
  tag("from-tag", replaces.from_tag);
  if (replaces.early_only) out += ";early-only";
}

void append_value(std::string& out, const Challenge& challenge) {
  out += "Digest ";
  if (!challenge.algorithm.empty()) {
    append_token_or_quoted(out.append("algorithm="), challenge.algorithm);
    out += ", ";
  }
  append_quoted(out.append("realm="), challenge.realm);
  append_quoted(out.append(", nonce="), challenge.nonce);
  if (challenge.opaque) append_quoted(out.append(", opaque="), *challenge.opaque);
  if (!challenge.qop.empty()) {
    std::string options;
    for (const std::string& option : challenge.qop) {
      if (!options.empty()) options += ',';
      options += option;
    }
    append_quoted(out.append(", qop="), options);
  }
  if (challenge.stale) out += ", stale=true";
}

// As chan_sip writes them: what the grammar wants bare, bare.
void append_value(std::string& out, const Credentials& credentials) {
  append_quoted(out.append("Digest username="), credentials.username);
  append_quoted(out.append(", realm="), credentials.realm);
  append_quoted(out.append(", nonce="), credentials.nonce);
  append_quoted(out.append(", uri="), credentials.uri);
  append_quoted(out.append(", response="), credentials.response);
  const auto bare = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) append_token_or_quoted(out.append(name), text);
  };
  bare(", algorithm=", credentials.algorithm);
  if (!credentials.cnonce.empty()) append_quoted(out.append(", cnonce="), credentials.cnonce);
  if (credentials.opaque) append_quoted(out.append(", opaque="), *credentials.opaque);
  bare(", qop=", credentials.qop);
  bare(", nc=", credentials.nonce_count);
}

// The header lines of one message.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <typename T>
  void value(std::string_view name, const T& item) {
    start(name);
    append_value(out_, item);
    end();
  }
  template <typename T>
  void each(std::string_view name, const std::vector<T>& items) {
    for (const T& item : items) value(name, item);
  }
  template <typename T>
  void optional(std::string_view name, const std::optional<T>& item) {
    if (item) value(name, *item);
  }
  template <typename T>
  void number(std::string_view name, T item) {
    start(name);
    append_number(out_, item);
    end();
  }
  void seconds(std::string_view name, const std::optional<std::chrono::seconds>& item) {
    if (item) number(name, in_range(*item));
  }
  void word(std::string_view name, std::string_view item) {
    start(name);
    append_word(out_, item);
    end();
  }
  void text(std::string_view name, std::string_view item) {
    if (item.empty()) return;
    start(name);
    append_text(out_, item);
    end();
  }
  // With `append` for each item, all in one line.
  void list(std::string_view name, const std::vector<std::string>& items,
            void (*append)(std::string&, std::string_view)) {
    if (items.empty()) return;
    start(name);
    std::string_view separator;
    for (const std::string& item : items) {
      append(out_.append(std::exchange(separator, ", ")), item);
    }
    end();
  }

 private:
  void start(std::string_view name) { out_.append(name).append(": "); }
  void end() { out_ += "\r\n"; }

  std::string& out_;
};

void append_headers(std::string& out, const Headers& headers) {
  Writer writer(out);
  writer.each("Via", headers.via);
  if (headers.max_forwards) writer.number("Max-Forwards", *headers.max_forwards);
  writer.each("Route", headers.route);
  writer.each("Record-Route", headers.record_route);
  writer.each("Path", headers.path);
  writer.value("From", headers.from);
  writer.value("To", headers.to);
  writer.word("Call-ID", headers.call_id);
  writer.value("CSeq", headers.cseq);
  if (headers.contact_is_star) writer.word("Contact", "*");
  writer.each("Contact", headers.contact);
  writer.seconds("Expires", headers.expires);
  writer.seconds("Min-Expires", headers.min_expires);
  if (headers.retry_after) writer.seconds("Retry-After", headers.retry_after->delay);
  writer.optional("Session-Expires", headers.session_expires);
  writer.seconds("Min-SE", headers.min_se);
  writer.each("WWW-Authenticate", headers.www_authenticate);
  writer.each("Proxy-Authenticate", headers.proxy_authenticate);
  writer.each("Authorization", headers.authorization);
  writer.each("Proxy-Authorization", headers.proxy_authorization);
  writer.list("Allow", headers.allow, append_token);
  writer.list("Supported", headers.supported, append_token);
  writer.list("Require", headers.require, append_token);
  writer.list("Proxy-Require", headers.proxy_require, append_token);
  writer.list("Unsupported", headers.unsupported, append_token);
  writer.list("Accept", headers.accept, append_text);
  writer.optional("Remote-Party-ID", headers.remote_party_id);
  writer.optional("P-Asserted-Identity", headers.p_asserted_identity);
  writer.text("User-Agent", headers.user_agent);
  writer.text("Server", headers.server);
  writer.text("Reason", headers.reason);
  writer.text("Warning", headers.warning);
  writer.text("Event", headers.event);
  writer.text("Subscription-State", headers.subscription_state);
  if (headers.rseq) writer.number("RSeq", *headers.rseq);
  writer.optional("RAck", headers.rack);
  writer.optional("Refer-To", headers.refer_to);
  writer.optional("Referred-By", headers.referred_by);
  writer.optional("Replaces", headers.replaces);
  writer.text("Content-Type", headers.content_type);
}

std::string finish(std::string out, const Headers& headers, std::string_view body) {
  append_headers(out, headers);
  append_number(out.append("Content-Length: "), body.size());
  return std::move(out.append("\r\n\r\n").append(body));
}

}  // namespace

std::string to_string(const Replaces& replaces) {
  std::string out;
  append_value(out, replaces);
  return out;
}

std::string serialize(const Request& request) {
  std::string out;
  out.reserve(kUsualHeadBytes + request.body.size());
  append_token(out, request.method_token());
  request.uri.append_to(out.append(1, ' '), false);  // RFC 3261 19.1.1: no headers there
  out += " SIP/2.0\r\n";
  return finish(std::move(out), request.headers, request.body);
}

std::string serialize(const Response& response) {
  OFFHOOK_ASSERT(response.status >= 100 && response.status <= 699);
  std::string out = "SIP/2.0 ";
  out.reserve(kUsualHeadBytes + response.body.size());
  append_number(out, response.status);
  append_text(out.append(1, ' '), response.reason_phrase);
  out += "\r\n";
  return finish(std::move(out), response.headers, response.body);
}

std::string serialize(const Message& message) {
  return std::visit([](const auto& either) { return serialize(either); }, message);
}

}  // namespace offhook::sip
