#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/overloaded.hpp"
#include "provider/provider.hpp"
#include "rtp/packet.hpp"
#include "sdp/offer_answer.hpp"
#include "sip/digest.hpp"
#include "sip/user_agent.hpp"

namespace offhook::provider {

// For tests: the provider and a phone on a virtual wire and clock.
class ProviderTest : public testing::Test {
 public:
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;

 protected:
  struct Heard {
    Time at;
    Endpoint from;  // the provider's media port
    rtp::Header header;
    Bytes payload;
  };
  static constexpr std::string_view kRealm = "atlanta1.voip.ms";
  static constexpr Duration kLatency = milliseconds(10);

  static Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }
  static Config config() {
    return {.sip = endpoint("192.0.2.20:5060"),
            .accounts = {{.username = "100001", .password = "secret", .caller_id = "2125550100"},
                         {.username = "100002", .password = "other", .caller_id = ""}},
            .media_ports = {endpoint("192.0.2.20:10002"), endpoint("192.0.2.20:10004")},
            .timers = {}};
  }

  explicit ProviderTest(Config provider_config = config())
      : provider(std::move(provider_config), random),
        phone({.timers = {}, .user_agent = "phone"}, random) {}

  // ---- what the phone does ----

  sip::Identity identity(std::string_view user = "100001") const {
    sip::Identity identity;
    identity.local.uri = *sip::Uri::parse("sip:" + std::string(user) + "@" + std::string(kRealm));
    identity.contact.uri = *sip::Uri::parse("sip:phone@" + phone_address.to_string());
    identity.via_host = phone_address.address.to_string();
    identity.via_port = phone_address.port;
    return identity;
  }
  std::string offer(const std::vector<sdp::Codec>& codecs = {sdp::Codec::Pcmu, sdp::Codec::Pcma}) {
    return sdp::write(sdp::offer_trunk(codecs, {.rtp = phone_rtp, .session_id = 1}));
  }
  sip::SessionId dial(std::string_view number,
                      const std::optional<std::string>& body = std::nullopt,
                      std::string_view user = "100001", std::string_view from = "",
                      std::string_view password = "secret") {
    sip::InviteRequest request{
        .flow = flow(),
        .identity = identity(from.empty() ? user : from),
        .target = *sip::Uri::parse("sip:" + std::string(number) + "@" + std::string(kRealm)),
        .remote = {},
        .route = {},
        .offer = body.value_or(offer()),
        .account = sip::Account{std::string(user), std::string(password)},
        .realm = {},
        .remote_party_id = std::nullopt};
    request.remote.uri = request.target;
    const auto session = phone.invite(std::move(request), now);
    drain();
    return session;
  }
  // One REGISTER, without credentials the first time; the final response.
  sip::Response send(sip::Request request) {
    request.headers.cseq.number = ++cseq;
    (void)phone.send_request(flow(), std::move(request), now);
    const std::size_t before = count<sip::ResponseArrived>();
    run_until([&] { return count<sip::ResponseArrived>() > before; });
    return last<sip::ResponseArrived>().response;
  }
  sip::Request request(sip::Method method, std::string_view user = "100001") {
    sip::Request request;
    request.method = method;
    request.uri = *sip::Uri::parse("sip:" + std::string(kRealm));
    request.headers.from = identity(user).local;
    request.headers.from.set_tag("t1");
    request.headers.to = identity(user).local;
    request.headers.call_id = "call-1@phone";
    request.headers.cseq.method = method;
    return request;
  }
  sip::Request register_request(std::string_view user = "100001", int expires = 300) {
    sip::Request made = request(sip::Method::Register, user);
    made.headers.contact = {identity(user).contact};
    made.headers.expires = seconds(expires);
    return made;
  }
  sip::Response send_with_answer(sip::Request request, const sip::Response& challenge,
                                 const sip::Account& account) {
    const auto credentials =
        sip::answer_challenge(challenge.headers.www_authenticate, account, request.method_token(),
                              request.uri.to_string(), 1, random);
    EXPECT_TRUE(credentials);
    request.headers.authorization = {*credentials};
    return send(std::move(request));
  }
  sip::Response authenticated(const sip::Request& request,
                              const sip::Account& account = {"100001", "secret"}) {
    const auto challenge = send(request);
    EXPECT_EQ(challenge.status, 401);
    return send_with_answer(request, challenge, account);
  }

  // The re-INVITE that a trunk's far end may send in the last answered call.
  void reinvite(std::string body) {
    const auto& accepted = last<sip::Accepted>().response.headers;
    sip::Request made;
    made.method = sip::Method::Invite;
    made.uri = accepted.contact.at(0).uri;
    made.headers.from = accepted.from;
    made.headers.to = accepted.to;
    made.headers.call_id = accepted.call_id;
    made.headers.cseq = {.number = accepted.cseq.number + ++reinvites,
                         .method = sip::Method::Invite};
    made.headers.max_forwards = 70;
    made.headers.contact = {identity().contact};
    made.headers.content_type = "application/sdp";
    made.headers.via.resize(1);
    made.headers.via[0] = {.transport = "UDP", .host = "192.0.2.1", .port = 5060, .parameters = {}};
    made.headers.via[0].parameters.set("branch", "z9hG4bKr" + std::to_string(reinvites));
    made.body = std::move(body);
    provider.handle_sip(provider_flow(), sip::serialize(made), now);
    made.method = sip::Method::Ack;
    made.headers.cseq.method = sip::Method::Ack;
    made.headers.via[0].parameters.set("branch", "z9hG4bKa" + std::to_string(reinvites));
    made.headers.content_type.clear();
    made.body.clear();
    drain();
    provider.handle_sip(provider_flow(), sip::serialize(made), now);
    drain();
  }

  // RTP from the phone to where the provider's last SDP says.
  void speak(const rtp::Header& header, const Bytes& payload, std::size_t port = 0) {
    Bytes packet(rtp::kHeaderBytes);
    rtp::write_header(header, std::span(packet).first<rtp::kHeaderBytes>());
    packet.insert(packet.end(), payload.begin(), payload.end());
    later(kLatency, [this, packet, port] { provider.handle_rtp(port, phone_rtp, packet, now); });
  }
  // 20 ms packets of an unmistakable payload.
  void speak_for(Duration duration) {
    for (Duration at{}; at < duration; at += rtp::kPacketTime) {
      speak({.sequence = ++spoken, .timestamp = 160u * spoken, .ssrc = 7}, Bytes(160, 0x33));
      run_for(rtp::kPacketTime);
    }
  }

  // ---- the wire and the clock ----

  sip::Flow flow() const {
    return {.transport = transport,
            .connection = connection(),
            .local = phone_address,
            .remote = endpoint("192.0.2.20:5060")};
  }
  sip::Flow provider_flow() const {
    return {transport, connection(), flow().remote, phone_address};
  }
  std::uint64_t connection() const { return sip::is_reliable(transport) ? 1 : 0; }
  void later(Duration delay, std::function<void()> act) {
    scheduled_.emplace(now + delay, std::move(act));
  }
  void drain() {
    for (bool more = true; more;) {
      more = false;
      while (auto output = phone.poll_output()) {
        more = true;
        take(std::move(*output));
      }
      while (auto output = provider.poll_output()) {
        more = true;
        std::visit([this](auto& each) { take(std::move(each)); }, *output);
      }
    }
  }
  void run_for(Duration duration) {
    const Time end = now + duration;
    drain();
    while (step(end)) {
    }
    now = end;
  }
  void run_until(const std::function<bool()>& done, Duration at_most = std::chrono::hours(1)) {
    const Time end = now + at_most;
    drain();
    while (!done() && step(end)) {
    }
    EXPECT_TRUE(done());
  }

  // ---- what the phone saw ----

  template <typename Event>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [](const auto& event) { return std::holds_alternative<Event>(event); }));
  }
  template <typename Event>
  const Event& last() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (const auto* match = std::get_if<Event>(&*event)) return *match;
    }
    ADD_FAILURE() << "no such event";
    static const Event none{};
    return none;
  }
  std::uint16_t refusal_of(std::string_view number) {
    (void)dial(number);
    run_until([this] { return count<sip::Refused>() == 1; });
    return last<sip::Refused>().response.status;
  }
  sip::SessionId answered(std::string_view number) {
    const auto session = dial(number);
    run_until([this] { return count<sip::Accepted>() == 1; });
    return session;
  }
  void expect_quiet() {
    run_for(seconds(60));
    EXPECT_EQ(provider.call_count(), 0u);
    EXPECT_EQ(phone.session_count(), 0u);
    EXPECT_EQ(phone.transaction_count(), 0u);
    EXPECT_FALSE(provider.next_timeout());
  }

  SeededRandom random{7};
  Time now{seconds(1)};
  sip::Transport transport = sip::Transport::Udp;
  Endpoint phone_address = endpoint("192.0.2.1:5060");
  Endpoint phone_rtp = endpoint("192.0.2.1:4000");
  Provider provider;
  sip::UserAgent phone;
  std::function<void(const sip::InviteReceived&)> on_invite = [](const auto&) {};
  std::function<void(Bytes& packet)> on_rtp;  // before it is read

  std::vector<sip::UserAgentOutput> events;
  std::vector<Heard> heard;
  std::vector<std::pair<Endpoint, Heard>> sent_elsewhere;  // RTP to other addresses
  std::vector<std::string> sip_from_provider;
  std::vector<std::pair<sip::Flow, std::string>> sip_to_others;
  std::vector<std::string> log;
  bool phone_is_gone = false;
  unsigned loss_percent = 0;  // of SIP messages, both ways
  std::uint32_t cseq = 0;
  std::uint16_t spoken = 0;
  std::uint32_t reinvites = 0;

 private:
  bool is_lost() { return loss_percent > 0 && random.below(100) < loss_percent; }
  bool step(Time end) {
    auto next = earliest(provider.next_timeout(), phone.next_timeout());
    if (!scheduled_.empty()) next = earliest(next, scheduled_.begin()->first);
    if (!next || *next > end) return false;
    now = std::max(now, *next);
    if (!scheduled_.empty() && scheduled_.begin()->first <= now) {
      const auto act = std::move(scheduled_.extract(scheduled_.begin()).mapped());
      act();
    } else {
      if (is_due(provider.next_timeout(), now)) provider.handle_timeout(now);
      if (is_due(phone.next_timeout(), now)) phone.handle_timeout(now);
    }
    drain();
    return true;
  }
  void take(sip::UserAgentOutput output) {
    if (auto* send = std::get_if<sip::SendMessage>(&output)) {
      if (phone_is_gone || is_lost()) return;
      later(kLatency, [this, bytes = send->bytes, from = provider_flow()] {
        provider.handle_sip(from, bytes, now);
      });
      return;
    }
    events.push_back(output);
    if (const auto* invite = std::get_if<sip::InviteReceived>(&events.back())) on_invite(*invite);
  }
  void take(const SendSip& send) {
    sip_from_provider.push_back(send.bytes);
    if (send.flow.remote != phone_address || phone_is_gone) {
      sip_to_others.emplace_back(send.flow, send.bytes);
      return;
    }
    if (is_lost()) return;
    later(kLatency, [this, bytes = send.bytes] { phone.handle(flow(), bytes, now); });
  }
  void take(SendRtp send) {
    if (on_rtp) on_rtp(send.packet);
    const auto view = rtp::PacketView::parse(send.packet);
    ASSERT_TRUE(view);
    Heard packet{.at = now,
                 .from = config().media_ports.at(send.port),
                 .header = view->header(),
                 .payload = {view->payload().begin(), view->payload().end()}};
    if (send.remote == phone_rtp) {
      heard.push_back(std::move(packet));
    } else {
      sent_elsewhere.emplace_back(send.remote, std::move(packet));
    }
  }
  void take(const LogLine& line) { log.push_back(line.text); }

  std::multimap<Time, std::function<void()>> scheduled_;
};

}  // namespace offhook::provider
