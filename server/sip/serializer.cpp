#include <algorithm>

#include "base/assert.hpp"
#include "sip/message.hpp"
#include "sip/parser_lexer.hpp"

namespace offhook::sip {
namespace {

// The only place where text becomes a line.
class Writer {
 public:
  void start_line(const std::string& line) {
    add(line);
    out_ += "\r\n";
  }
  void header(std::string_view name, const std::string& value) {
    add(name);
    out_ += ": ";
    add(value);
    out_ += "\r\n";
  }
  void text(std::string_view name, const std::string& value) {
    if (!value.empty()) header(name, value);
  }
  template <typename T>
  void number(std::string_view name, const std::optional<T>& value) {
    if (value) header(name, std::to_string(*value));
  }
  void seconds(std::string_view name, const std::optional<std::chrono::seconds>& value) {
    if (value) header(name, std::to_string(value->count()));
  }
  void list(std::string_view name, const std::vector<std::string>& items) {
    std::string joined;
    for (const std::string& item : items) joined += (joined.empty() ? "" : ", ") + item;
    text(name, joined);
  }
  template <typename T>
  void each(std::string_view name, const std::vector<T>& items) {
    for (const T& item : items) header(name, value_of(item));
  }
  template <typename T>
  void optional(std::string_view name, const std::optional<T>& item) {
    if (item) header(name, value_of(*item));
  }
  [[nodiscard]] std::string finish(std::string_view body) {
    header("Content-Length", std::to_string(body.size()));
    out_ += "\r\n";
    out_ += body;
    return std::move(out_);
  }

  static std::string value_of(const Via& via);
  static std::string value_of(const NameAddress& address);
  static std::string value_of(const Challenge& challenge);
  static std::string value_of(const Credentials& credentials);

 private:
  void add(std::string_view text) {
    OFFHOOK_ASSERT(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    out_ += text;
  }

  std::string out_;
};

std::string parameters_of(const Parameters& parameters) {
  std::string out;
  for (const Parameter& item : parameters.items()) {
    out += ";" + item.name;
    if (item.value) out += "=" + parameter_value(item.name, *item.value);
  }
  return out;
}

std::string Writer::value_of(const Via& via) {
  const std::string port = via.port ? ":" + std::to_string(*via.port) : "";
  return "SIP/2.0/" + via.transport + " " + via.host + port + parameters_of(via.parameters);
}

std::string Writer::value_of(const NameAddress& address) {
  const std::string name = address.display_name.empty() ? "" : quoted(address.display_name) + " ";
  return name + "<" + address.uri.to_string() + ">" + parameters_of(address.parameters);
}

// A digest parameter that the grammar wants bare, as chan_sip does too; in quotes where a peer's
// text would not survive that.
std::string bare(const std::string& value) { return is_token(value) ? value : quoted(value); }

std::string Writer::value_of(const Challenge& challenge) {
  std::string out = "Digest ";
  if (!challenge.algorithm.empty()) out += "algorithm=" + bare(challenge.algorithm) + ", ";
  out += "realm=" + quoted(challenge.realm) + ", nonce=" + quoted(challenge.nonce);
  if (challenge.opaque) out += ", opaque=" + quoted(*challenge.opaque);
  if (!challenge.qop.empty()) {
    std::string options;
    for (const std::string& option : challenge.qop)
      options += (options.empty() ? "" : ",") + option;
    out += ", qop=" + quoted(options);
  }
  if (challenge.stale) out += ", stale=true";
  return out;
}

std::string Writer::value_of(const Credentials& credentials) {
  std::string out = "Digest username=" + quoted(credentials.username) +
                    ", realm=" + quoted(credentials.realm) +
                    ", nonce=" + quoted(credentials.nonce) + ", uri=" + quoted(credentials.uri) +
                    ", response=" + quoted(credentials.response);
  if (!credentials.algorithm.empty()) out += ", algorithm=" + bare(credentials.algorithm);
  if (!credentials.cnonce.empty()) out += ", cnonce=" + quoted(credentials.cnonce);
  if (credentials.opaque) out += ", opaque=" + quoted(*credentials.opaque);
  if (!credentials.qop.empty()) out += ", qop=" + bare(credentials.qop);
  if (!credentials.nonce_count.empty()) out += ", nc=" + bare(credentials.nonce_count);
  return out;
}

std::string value_of(const CSeq& cseq) {
  return std::to_string(cseq.number) + " " +
         (cseq.method == Method::Unknown ? cseq.unknown_method
                                         : std::string(to_string(cseq.method)));
}

void write_headers(Writer& writer, const Headers& headers) {
  writer.each("Via", headers.via);
  writer.number("Max-Forwards", headers.max_forwards);
  writer.each("Route", headers.route);
  writer.each("Record-Route", headers.record_route);
  writer.each("Path", headers.path);
  writer.header("From", Writer::value_of(headers.from));
  writer.header("To", Writer::value_of(headers.to));
  writer.header("Call-ID", headers.call_id);
  writer.header("CSeq", value_of(headers.cseq));
  if (headers.contact_is_star) writer.header("Contact", "*");
  writer.each("Contact", headers.contact);
  writer.seconds("Expires", headers.expires);
  writer.seconds("Min-Expires", headers.min_expires);
  if (headers.retry_after) writer.seconds("Retry-After", headers.retry_after->delay);
  writer.each("WWW-Authenticate", headers.www_authenticate);
  writer.each("Proxy-Authenticate", headers.proxy_authenticate);
  writer.each("Authorization", headers.authorization);
  writer.each("Proxy-Authorization", headers.proxy_authorization);
  writer.list("Allow", headers.allow);
  writer.list("Supported", headers.supported);
  writer.list("Require", headers.require);
  writer.list("Proxy-Require", headers.proxy_require);
  writer.list("Unsupported", headers.unsupported);
  writer.list("Accept", headers.accept);
  writer.optional("Remote-Party-ID", headers.remote_party_id);
  writer.optional("P-Asserted-Identity", headers.p_asserted_identity);
  writer.text("User-Agent", headers.user_agent);
  writer.text("Server", headers.server);
  writer.text("Reason", headers.reason);
  writer.text("Warning", headers.warning);
  writer.text("Event", headers.event);
  writer.text("Subscription-State", headers.subscription_state);
  writer.text("Content-Type", headers.content_type);
}

}  // namespace

std::string serialize(const Request& request) {
  Uri uri = request.uri;
  uri.headers.clear();  // RFC 3261 19.1.1: not in a Request-URI
  Writer writer;
  writer.start_line(std::string(request.method_token()) + " " + uri.to_string() + " SIP/2.0");
  write_headers(writer, request.headers);
  return writer.finish(request.body);
}

std::string serialize(const Response& response) {
  Writer writer;
  writer.start_line("SIP/2.0 " + std::to_string(response.status) + " " + response.reason_phrase);
  write_headers(writer, response.headers);
  return writer.finish(response.body);
}

std::string serialize(const Message& message) {
  return std::visit([](const auto& either) { return serialize(either); }, message);
}

}  // namespace offhook::sip
