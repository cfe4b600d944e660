#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "sip/uri.hpp"

// Messages as typed values. Parsing fills the fields below and drops every other header,
// serializing writes them and nothing else: what is not on this list cannot cross from one leg of a
// call to the other.
namespace offhook::sip {

enum class Method : std::uint8_t {
  Invite,
  Ack,
  Bye,
  Cancel,
  Register,
  Options,
  Info,
  Message,
  Notify,
  Subscribe,
  Refer,
  Update,
  Prack,
  Publish,
  Unknown
};
[[nodiscard]] std::string_view to_string(Method method);
[[nodiscard]] Method method_from(std::string_view token);

// Via (RFC 3261 20.42, rport RFC 3581).
struct Via {
  std::string transport;  // upper case: "UDP", "TCP", "TLS", "WS", "WSS"
  std::string host;
  std::optional<std::uint16_t> port;
  Parameters parameters;  // branch, received, rport, ...

  [[nodiscard]] std::string_view branch() const;  // "" where absent
  bool operator==(const Via&) const = default;
};

// name-addr or addr-spec with header parameters: From, To, Contact, Route, Record-Route,
// Remote-Party-ID, ...
struct NameAddress {
  std::string display_name;  // unquoted
  Uri uri;
  Parameters parameters;  // tag, expires, q, +sip.instance, ...

  [[nodiscard]] std::string_view tag() const;  // "" where absent
  void set_tag(std::string tag);
  bool operator==(const NameAddress&) const = default;
};

struct CSeq {
  std::uint32_t number = 0;  // below 2^31
  Method method = Method::Unknown;
  std::string unknown_method{};  // the token, where method is Unknown
  bool operator==(const CSeq&) const = default;
};

// WWW-Authenticate and Proxy-Authenticate (RFC 3261 22, RFC 7616, RFC 8760).
struct Challenge {
  std::string realm;
  std::string nonce;
  std::string algorithm;  // as sent; empty means MD5
  std::optional<std::string> opaque;
  std::vector<std::string> qop;  // "auth", "auth-int"; empty where absent
  bool stale = false;
  bool operator==(const Challenge&) const = default;
};

// Authorization and Proxy-Authorization.
struct Credentials {
  std::string username, realm, nonce, uri, response, algorithm, cnonce, qop, nonce_count;
  std::optional<std::string> opaque;
  bool operator==(const Credentials&) const = default;
};

struct RetryAfter {
  std::chrono::seconds delay{0};
  bool operator==(const RetryAfter&) const = default;
};

// Session-Expires (RFC 4028 4).
struct SessionExpires {
  enum class Refresher : std::uint8_t { Unnamed, Uac, Uas };  // of the transaction it is written in

  std::chrono::seconds interval{0};
  Refresher refresher = Refresher::Unnamed;
  bool operator==(const SessionExpires&) const = default;
};

// RAck (RFC 3262 7.2): which provisional response a PRACK acknowledges.
struct RAck {
  std::uint32_t rseq = 0;
  CSeq cseq;  // of what was answered
  bool operator==(const RAck&) const = default;
};

// Replaces (RFC 3891 6.1): the dialog whose place an INVITE takes, as its receiver knows it.
struct Replaces {
  std::string call_id;
  std::string to_tag;    // the receiver's own
  std::string from_tag;  // the far side's
  bool early_only = false;
  bool operator==(const Replaces&) const = default;
};

// The header fields that we read and write. Lists keep the order of the message.
struct Headers {
  std::vector<Via> via;
  NameAddress from;
  NameAddress to;
  std::string call_id;
  CSeq cseq;
  std::optional<std::uint8_t> max_forwards;
  std::vector<NameAddress> contact;
  bool contact_is_star = false;  // "Contact: *"
  std::vector<NameAddress> route;
  std::vector<NameAddress> record_route;
  std::vector<NameAddress> path;
  std::optional<std::chrono::seconds> expires;
  std::optional<std::chrono::seconds> min_expires;
  std::optional<RetryAfter> retry_after;
  std::optional<SessionExpires> session_expires;  // RFC 4028; what is not readable is left out
  std::optional<std::chrono::seconds> min_se;
  std::vector<Challenge> www_authenticate;  // Digest only; other schemes are dropped
  std::vector<Challenge> proxy_authenticate;
  std::vector<Credentials> authorization;
  std::vector<Credentials> proxy_authorization;
  std::vector<std::string> allow;      // method tokens
  std::vector<std::string> supported;  // option tags, lower case
  std::vector<std::string> require;
  std::vector<std::string> proxy_require;
  std::vector<std::string> unsupported;
  std::vector<std::string> accept;
  std::optional<NameAddress> remote_party_id;      // draft-ietf-sip-privacy-04, what chan_sip sends
  std::optional<NameAddress> p_asserted_identity;  // RFC 3325
  std::string user_agent;
  std::string server;
  std::string reason;  // RFC 3326: e.g. Q.850;cause=17
  std::string warning;
  std::string content_type;  // with parameters; "" where there is no body
  std::string event;
  std::string subscription_state;
  std::optional<std::uint32_t> rseq;       // RFC 3262; what is not readable is left out
  std::optional<RAck> rack;                // likewise
  std::optional<NameAddress> refer_to;     // RFC 3515 2.1; in a REFER that was read there is one
  std::optional<NameAddress> referred_by;  // RFC 3892; what is not readable is left out
  std::optional<Replaces> replaces;        // what is not readable is refused (RFC 3891 3)

  bool operator==(const Headers&) const = default;
};

struct Request {
  Method method = Method::Unknown;
  std::string unknown_method;  // the token, where method is Unknown
  Uri uri;
  Headers headers;
  std::string body;

  [[nodiscard]] std::string_view method_token() const;
  bool operator==(const Request&) const = default;
};

struct Response {
  std::uint16_t status = 0;  // 100..699
  std::string reason_phrase;
  Headers headers;
  std::string body;

  [[nodiscard]] bool is_provisional() const { return status < 200; }
  [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
  [[nodiscard]] bool is_final() const { return status >= 200; }
  bool operator==(const Response&) const = default;
};

using Message = std::variant<Request, Response>;

// Why a message was refused. For a request, `status` is what to answer statelessly where enough of
// it was readable
// (`answer` then holds a ready response); 0 means "drop silently".
struct ParseError {
  std::string message;
  std::uint16_t status = 0;
  std::optional<Response> answer;
};

// One whole message: a datagram, a WebSocket message, or what stream framing cut out. Bounded by
// base/limits.hpp. Requires Via, From, To, Call-ID and CSeq to be present, single where they must
// be, and consistent with the method. Content-Length, where present, must not exceed what is there;
// bytes beyond it are dropped (RFC 3261 18.3).
[[nodiscard]] Result<Message, ParseError> parse_message(std::string_view bytes);

// The value of a Replaces header, of that of a URI too (see uri_header()).
[[nodiscard]] Result<Replaces> parse_replaces(std::string_view text);
// The value to write in either.
[[nodiscard]] std::string to_string(const Replaces& replaces);

// One that parse_message() takes, whatever text the fields hold: a byte that its place in the
// grammar does not allow (CR, LF and NUL anywhere, a space in a Call-ID, ...) is written as "_", in
// free text as "?", or escaped where that place has escapes. Content-Length is computed. What a
// message cannot do without is the caller's: a Via with more than the magic cookie for a branch, a
// tag in From, a Contact in an INVITE, a status from 100 to 699.
[[nodiscard]] std::string serialize(const Request& request);
[[nodiscard]] std::string serialize(const Response& response);
[[nodiscard]] std::string serialize(const Message& message);

// `text` without control characters (CR, LF, NUL, ...), cut at 256 bytes on a UTF-8 border.
[[nodiscard]] std::string safe_text(std::string_view text);

// The usual phrase for a status, e.g. 486 -> "Busy Here"; of the class's x00 where unknown.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status);

// RFC 3261 8.2.6.2: Via, From, To (with `to_tag` added where it has none and tag is not empty),
// Call-ID, CSeq copied.
[[nodiscard]] Response make_response(const Request& request, std::uint16_t status,
                                     std::string_view to_tag, std::string_view phrase = {});

// A To-tag that is the same for every retransmission of a request, for answers made without state
// (RFC 3261 8.2.7).
[[nodiscard]] std::string stateless_tag(const Headers& headers);

}  // namespace offhook::sip
