#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/program.hpp"
#include "fuzz/round_trip.hpp"
#include "fuzz/sip_limits.hpp"
#include "fuzz/target.hpp"
#include "sip/message.hpp"

// A message of typed fields with any bytes in each text. What is written is a message that we would
// read, with the fields that it was given and no more: no text ends a line, a value or a message.
// What serialize() leaves to its caller is there: a branch, the tags, the Contact of an INVITE.
namespace offhook::fuzz {
namespace {

class Filler {
 public:
  explicit Filler(Program& program) : program_(program) {}

  void fill(sip::Headers& headers) {
    headers.via.resize(1 + program_.below(3));
    for (sip::Via& via : headers.via) fill(via);
    fill(headers.from);
    headers.from.set_tag("t" + text());
    fill(headers.to);
    headers.call_id = text();
    headers.cseq.number = program_.byte();
    fill_some(headers.contact);
    fill_some(headers.route);
    fill_some(headers.record_route);
    fill_some(headers.path);
    if (program_.flag()) headers.expires = std::chrono::seconds(program_.byte());
    if (program_.flag())
      headers.retry_after = sip::RetryAfter{std::chrono::seconds(program_.byte())};
    fill_some(headers.www_authenticate);
    fill_some(headers.proxy_authenticate);
    fill_some(headers.authorization);
    fill_some(headers.proxy_authorization);
    for (auto* list : {&headers.allow, &headers.supported, &headers.require, &headers.proxy_require,
                       &headers.unsupported, &headers.accept}) {
      fill_some(*list);
    }
    fill_maybe(headers.remote_party_id);
    fill_maybe(headers.p_asserted_identity);
    for (std::string* field :
         {&headers.user_agent, &headers.server, &headers.reason, &headers.warning,
          &headers.content_type, &headers.event, &headers.subscription_state}) {
      *field = text();
    }
  }
  void fill(sip::Uri& uri) {
    if (program_.flag()) uri.scheme = "sips";
    uri.user = text();
    uri.host = text();
    if (program_.flag()) uri.port = program_.byte();
    fill(uri.parameters);
    uri.headers = text();
  }
  std::string text() {
    if (program_.below(4) != 0) return "plain";
    return std::string(as_text(program_.bytes()));
  }

 private:
  void fill(std::string& value) { value = text(); }
  void fill(sip::Parameters& parameters) {
    // One name of any bytes: two that differ in bytes which cannot be written would come out as one.
    if (program_.flag()) parameters.set("first", text());
    if (program_.flag()) parameters.set(text());
    if (program_.flag() && !parameters.empty()) {
      parameters.set(parameters.items().back().name, text());
    }
  }
  void fill(sip::Via& via) {
    via.transport = text();
    via.host = text();
    if (program_.flag()) via.port = program_.byte();
    fill(via.parameters);
    via.parameters.set("branch", "b" + text());
  }
  void fill(sip::NameAddress& address) {
    address.display_name = text();
    fill(address.uri);
    fill(address.parameters);
    if (program_.flag()) address.set_tag("t" + text());
  }
  void fill(sip::Challenge& challenge) {
    challenge.realm = text();
    challenge.nonce = text();
    challenge.algorithm = text();
    if (program_.flag()) challenge.opaque = text();
    fill_some(challenge.qop);
    challenge.stale = program_.flag();
  }
  void fill(sip::Credentials& credentials) {
    for (std::string* field : {&credentials.username, &credentials.realm, &credentials.nonce,
                               &credentials.uri, &credentials.response, &credentials.algorithm,
                               &credentials.cnonce, &credentials.qop, &credentials.nonce_count}) {
      *field = text();
    }
    if (program_.flag()) credentials.opaque = text();
  }
  template <typename T>
  void fill_some(std::vector<T>& values) {
    values.resize(program_.below(3));
    for (T& value : values) fill(value);
  }
  template <typename T>
  void fill_maybe(std::optional<T>& value) {
    if (program_.flag()) fill(value.emplace());
  }

  Program& program_;
};

void check(const sip::Message& message, const sip::Headers& meant) {
  const std::string written = sip::serialize(message);
  if (!within_sip_limits(written)) return;
  const auto read = sip::parse_message(written);
  OFFHOOK_ASSERT(read && read->index() == message.index());
  const sip::Headers& headers =
      std::visit([](const auto& each) -> const sip::Headers& { return each.headers; }, *read);
  OFFHOOK_ASSERT(headers.via.size() == meant.via.size());
  OFFHOOK_ASSERT(headers.cseq.number == meant.cseq.number);
  OFFHOOK_ASSERT(headers.contact.size() == meant.contact.size() && !headers.contact_is_star);
  OFFHOOK_ASSERT(headers.route.size() == meant.route.size());
  OFFHOOK_ASSERT(headers.record_route.size() == meant.record_route.size());
  OFFHOOK_ASSERT(headers.authorization.size() == meant.authorization.size());
  OFFHOOK_ASSERT(headers.allow.size() == meant.allow.size());
  OFFHOOK_ASSERT(headers.expires == meant.expires);
  OFFHOOK_ASSERT(headers.remote_party_id.has_value() == meant.remote_party_id.has_value());
  const auto body = [](const sip::Message& any) {
    return std::visit([](const auto& each) { return each.body; }, any);
  };
  OFFHOOK_ASSERT(body(*read) == body(message));
  check_round_trip(read);
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  constexpr std::array<sip::Method, 4> kMethods{sip::Method::Invite, sip::Method::Register,
                                                sip::Method::Bye, sip::Method::Unknown};
  fuzz::Program program({data, size});
  fuzz::Filler filler(program);
  sip::Headers headers;
  filler.fill(headers);
  const std::string body = program.flag() ? std::string(as_text(program.bytes())) : "";
  if (program.flag()) {
    sip::Response response;
    response.status = static_cast<std::uint16_t>(100 + program.byte());
    response.reason_phrase = filler.text();
    headers.cseq.method = sip::Method::Register;
    response.headers = headers;
    response.body = body;
    fuzz::check(response, headers);
    return 0;
  }
  sip::Request request;
  request.method = program.one_of(kMethods);
  if (request.method == sip::Method::Unknown) request.unknown_method = filler.text();
  filler.fill(request.uri);
  headers.cseq.method = request.method;
  headers.cseq.unknown_method = request.unknown_method;
  if (request.method == sip::Method::Invite) headers.contact.resize(1);
  request.headers = headers;
  request.body = body;
  fuzz::check(request, headers);
  return 0;
}
