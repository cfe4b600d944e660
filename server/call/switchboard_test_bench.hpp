#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/overloaded.hpp"
#include "call/sample_sdp.hpp"
#include "call/switchboard.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// A SIP peer of the switchboard: a browser or a provider, driven by the test.
struct TestPeer {
  TestPeer(Random& random, sip::Flow to_switchboard)
      : agent({.timers = {}, .user_agent = "peer"}, random), flow(to_switchboard) {}
  sip::UserAgent agent;
  sip::Flow flow;  // as the peer sees it
  std::vector<sip::UserAgentOutput> events;
  std::vector<sip::Message> received;
  std::vector<sip::Flow> flows;  // of each, as the switchboard sees them

  template <typename T>
  std::optional<T> last() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (const T* found = std::get_if<T>(&*event)) return *found;
    }
    return std::nullopt;
  }
  template <typename T>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        events, [](const auto& event) { return std::holds_alternative<T>(event); }));
  }
};

// The switchboard on the bench, with peers on wires without delay and a media that always obeys.
class SwitchboardBench {
 public:
  static constexpr std::uint64_t kTab = 1;  // the first browser's connection
  static inline const Endpoint kProvider = *Endpoint::parse("198.51.100.20:5060");
  static inline const Endpoint kSecondProvider = *Endpoint::parse("198.51.100.21:5060");
  static inline const Endpoint kLocal = *Endpoint::parse("192.0.2.10:5062");

  Time now{std::chrono::seconds(1'000)};
  SeededRandom random{7};
  std::unique_ptr<Switchboard> board;
  std::map<std::uint64_t, std::unique_ptr<TestPeer>> browsers;  // by connection
  std::unique_ptr<TestPeer> provider;
  std::unique_ptr<TestPeer> second_provider;  // where the zone says so
  std::vector<LogEvent> log;
  std::vector<CallEnded> ended;
  std::vector<control::Command> commands;
  std::size_t keep_alives = 0;
  bool all_ended = false;
  bool media_obeys = true;
  std::map<std::string, std::vector<IpAddress>> zone{{"atlanta1.voip.ms", {kProvider.address}}};
  std::vector<OpenFlow> flows_wanted;
  bool flows_open = true;          // those that are wanted
  std::set<sip::Flow> lost_flows;  // nothing sent there arrives

  static Config config() {
    Config config;
    config.users = {"demo"};
    TrunkConfig trunk;
    trunk.name = "voipms";
    trunk.user = "demo";
    trunk.servers = {{"atlanta1.voip.ms", std::nullopt, sip::Transport::Udp}};
    trunk.account = {"100001", "planted-password"};
    trunk.registers = false;
    trunk.dial = DialRules::open();
    config.trunks = {trunk};
    config.dial.user = DialRules::open();
    config.dial.user.calls_at_once = limits::kCallsPerUser;
    config.software = "offhook/test";
    return config;
  }

  explicit SwitchboardBench(Config from = config()) {
    board = std::make_unique<Switchboard>(std::move(from), random);
    provider =
        std::make_unique<TestPeer>(random, sip::Flow{sip::Transport::Udp, 0, kProvider, kLocal});
    second_provider = std::make_unique<TestPeer>(
        random, sip::Flow{sip::Transport::Udp, 0, kSecondProvider, kLocal});
  }

  // ---- the usual preparations ----
  void ready() {
    media_up();
    resolve();
    open(kTab);
    register_device(kTab);
  }
  void media_up() {
    board->handle_media_connected(now);
    pump();
  }
  void resolve() {
    board->start(now);
    pump();
  }
  static sip::Flow trunk_flow() { return {sip::Transport::Udp, 0, kLocal, kProvider}; }
  static sip::Flow tab_flow(std::uint64_t connection) {
    return {
        sip::Transport::Ws, connection, *Endpoint::parse("127.0.0.1:8080"),
        Endpoint{*IpAddress::parse("127.0.0.1"), static_cast<std::uint16_t>(40'000 + connection)}};
  }
  TestPeer& open(std::uint64_t connection, const std::string& user = "demo") {
    const sip::Flow flow = tab_flow(connection);
    browsers[connection] = std::make_unique<TestPeer>(
        random, sip::Flow{flow.transport, connection, flow.remote, flow.local});
    board->handle_flow_opened(flow, user, now);
    return *browsers[connection];
  }
  void close(std::uint64_t connection) {
    board->handle_flow_lost(tab_flow(connection), "closed", now);
    browsers[connection]->agent.handle_flow_lost(browsers[connection]->flow, now);
    pump();
  }
  sip::Response register_device(std::uint64_t connection, const std::string& instance = "<urn:1>",
                                const std::string& user = "demo") {
    TestPeer& browser = *browsers.at(connection);
    sip::Request request;
    request.method = sip::Method::Register;
    request.uri.host = "offhook.invalid";
    auto& headers = request.headers;
    headers.from.uri = *sip::Uri::parse("sip:" + user + "@offhook.invalid");
    headers.from.set_tag("f");
    headers.to.uri = headers.from.uri;
    headers.call_id = random.hex(8);
    headers.cseq = {1, sip::Method::Register, {}};
    headers.max_forwards = std::uint8_t{70};
    headers.contact = {browser_identity().contact};
    headers.contact[0].parameters.set("+sip.instance", instance);
    return request_from(browser, std::move(request));
  }
  sip::Response request_from(TestPeer& peer, sip::Request request) {
    (void)peer.agent.send_request(peer.flow, std::move(request), now);
    pump();
    return peer.last<sip::ResponseArrived>().value().response;
  }

  // ---- calls ----
  static sip::Identity browser_identity() {
    sip::Identity identity;
    identity.local.uri = *sip::Uri::parse("sip:demo@offhook.invalid");
    identity.contact.uri = *sip::Uri::parse("sip:x7@y.invalid;transport=ws");
    identity.via_host = "y.invalid";
    return identity;
  }
  static sip::Identity provider_identity() {
    sip::Identity identity;
    identity.local.uri = *sip::Uri::parse("sip:2125550106@198.51.100.20");
    identity.local.display_name = "EXAMPLE CO";
    identity.contact.uri = *sip::Uri::parse("sip:2125550106@198.51.100.20:5060");
    identity.via_host = "198.51.100.20";
    identity.via_port = std::uint16_t{5060};
    return identity;
  }
  sip::SessionId dial(std::string number = "4443", std::uint64_t connection = kTab) {
    sip::InviteRequest invite;
    invite.flow = browsers.at(connection)->flow;
    invite.identity = browser_identity();
    invite.target.user = std::move(number);
    invite.target.host = "offhook.invalid";
    invite.remote.uri = invite.target;
    invite.offer = sample::browser();
    const auto session = browsers.at(connection)->agent.invite(std::move(invite), now);
    pump();
    return session;
  }
  sip::SessionId call_in(std::string user = "100001") {
    sip::InviteRequest invite;
    invite.flow = provider->flow;
    invite.identity = provider_identity();
    invite.target.user = std::move(user);
    invite.target.host = "192.0.2.10";
    invite.remote.uri = invite.target;
    invite.offer = sample::trunk();
    const auto session = provider->agent.invite(std::move(invite), now);
    pump();
    return session;
  }
  void provider_answers() {
    provider->agent.accept(provider->last<sip::InviteReceived>().value().session,
                           provider_identity(), sample::trunk(), now);
    pump();
  }
  void browser_answers(std::uint64_t connection = kTab) {
    TestPeer& browser = *browsers.at(connection);
    browser.agent.accept(browser.last<sip::InviteReceived>().value().session, browser_identity(),
                         sample::browser_answer(), now);
    pump();
  }
  // An outbound call that talks.
  sip::SessionId talk() {
    const auto session = dial();
    provider_answers();
    return session;
  }

  // ---- time and wires ----
  void advance(Duration duration) {
    const Time end = now + duration;
    while (true) {
      pump();
      auto next = earliest(board->next_timeout(), provider->agent.next_timeout());
      next = earliest(next, second_provider->agent.next_timeout());
      for (const auto& [connection, browser] : browsers) {
        next = earliest(next, browser->agent.next_timeout());
      }
      if (!next || *next > end) break;
      now = std::max(now, *next);
      board->handle_timeout(now);
      provider->agent.handle_timeout(now);
      second_provider->agent.handle_timeout(now);
      for (const auto& [connection, browser] : browsers) browser->agent.handle_timeout(now);
    }
    now = end;
  }
  void pump() {
    bool again = true;
    while (again) {
      again = drain_board();
      again = drain_peer(*provider) || again;
      again = drain_peer(*second_provider) || again;
      for (const auto& [connection, browser] : browsers) again = drain_peer(*browser) || again;
    }
  }
  [[nodiscard]] std::size_t logged(const std::string& event) const {
    return static_cast<std::size_t>(std::ranges::count(log, event, &LogEvent::event));
  }
  [[nodiscard]] bool log_holds(const std::string& text) const {
    return std::ranges::any_of(log, [&](const LogEvent& event) {
      return std::ranges::any_of(event.fields,
                                 [&](const auto& field) { return field.second.contains(text); });
    });
  }

  void answer_flow(const OpenFlow& open) {
    const sip::Flow flow{open.target.transport, open.connection, kLocal, open.target.endpoint};
    board->handle_trunk_flow(open.trunk, open.target, flow, now);
  }

 private:
  DnsAnswer look_up(const DnsQuestion& question) const {
    DnsAnswer answer{.outcome = DnsAnswer::Outcome::NoSuchRecord, .reason = "no such name"};
    const auto known = zone.find(question.name);
    if (question.type != DnsType::A || known == zone.end()) return answer;
    answer.outcome = DnsAnswer::Outcome::Found;
    answer.ttl = std::chrono::hours(1);
    answer.addresses = known->second;
    return answer;
  }
  bool drain_board() {
    bool any = false;
    while (auto output = board->poll_output()) {
      any = true;
      std::visit(Overloaded{
                     [&](SendSip& o) { deliver(o); },
                     [&](LookUp& o) {
                       board->handle_looked_up(o.trunk, o.question, look_up(o.question), now);
                     },
                     [&](OpenFlow& o) {
                       flows_wanted.push_back(o);
                       if (flows_open) answer_flow(o);
                     },
                     [&](SendCommand& o) {
                       commands.push_back(o.command);
                       if (media_obeys) obey(o.command);
                     },
                     [&](LogEvent& o) { log.push_back(std::move(o)); },
                     [&](CallEnded& o) { ended.push_back(std::move(o)); },
                     [&](AllCallsEnded&) { all_ended = true; },
                 },
                 *output);
    }
    return any;
  }
  static sip::Flow reversed(sip::Flow flow) {
    std::swap(flow.local, flow.remote);
    return flow;
  }
  TestPeer* peer_at(const sip::Flow& flow) {
    if (flow.transport == sip::Transport::Ws) {
      const auto browser = browsers.find(flow.connection);
      return browser == browsers.end() ? nullptr : browser->second.get();
    }
    if (flow.remote == kProvider) return provider.get();
    return flow.remote == kSecondProvider ? second_provider.get() : nullptr;
  }
  void deliver(const SendSip& send) {
    TestPeer* peer = peer_at(send.flow);
    if (peer == nullptr || lost_flows.contains(send.flow)) return;
    if (send.bytes == kKeepAlive) return void(++keep_alives);
    peer->received.push_back(sip::parse_message(send.bytes).value());
    peer->flows.push_back(send.flow);
    peer->agent.handle(reversed(send.flow), send.bytes, now);
  }
  bool drain_peer(TestPeer& peer) {
    bool any = false;
    while (auto output = peer.agent.poll_output()) {
      any = true;
      if (const auto* send = std::get_if<sip::SendMessage>(&*output)) {
        board->handle_sip(reversed(send->flow), send->bytes, now);
      } else {
        peer.events.push_back(std::move(*output));
      }
    }
    return any;
  }
  void obey(const control::Command& command) {
    control::Event event;
    event.set_in_reply_to(command.sequence());
    if (command.has_hello()) {
      event.mutable_hello()->set_version(1);
    } else if (command.has_list()) {
      event.mutable_leg_list();
    } else if (command.has_get_statistics()) {
      event.mutable_leg_statistics()->set_leg_id(command.get_statistics().leg_id());
      event.mutable_leg_statistics()->set_packets_received(4'711);
    } else if (command.has_allocate_leg()) {
      auto& reply = *event.mutable_leg_allocated();
      reply.set_leg_id(command.allocate_leg().leg_id());
      const bool trunk = command.allocate_leg().side() == control::AllocateLeg::TRUNK;
      auto& address = trunk ? *reply.mutable_rtp() : *reply.add_candidates();
      address.set_ip("192.0.2.10");
      address.set_port(20'000);
      reply.set_ice_ufrag("ours");
      reply.set_ice_pwd("0123456789abcdefghijklmnop");
      reply.set_fingerprint_algorithm("sha-256");
      reply.set_fingerprint(std::string(32, 'x'));
      reply.set_cname("offhook");
    } else {
      event.mutable_done();
    }
    board->handle_media_event(event, now);
  }
};

}  // namespace offhook::call
