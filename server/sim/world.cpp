#include "sim/world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "call/counters.hpp"
#include "sim/engine_media.hpp"
#include "sim/scripted_media.hpp"
#include "sim/silent_media.hpp"

namespace offhook::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Endpoint kBoard = *Endpoint::parse("192.0.2.10:5062");
const Endpoint kProvider = *Endpoint::parse("198.51.100.20:5060");
const Endpoint kOther = *Endpoint::parse("198.51.100.30:5060");
const Endpoint kMediaPort = *Endpoint::parse("192.0.2.10:40000");
const IpAddress kBrowsers = *IpAddress::parse("203.0.113.7");
const Endpoint kWeb = *Endpoint::parse("192.0.2.10:443");
constexpr std::uint16_t kFirstBrowserPort = 50'000;
constexpr std::uint16_t kProviderMediaPort = 10'000;
constexpr std::size_t kProviderCalls = 16;
constexpr Duration kWebSocketLatency = milliseconds(15);
constexpr Duration kControlLatency = std::chrono::microseconds(50);
// The longest timers of SIP: 32 s to give up, 32 s to absorb what is still on the way.
constexpr Duration kQuiet = seconds(70);
// A bug that strikes at once would be one that everybody sees.
constexpr std::size_t kBugStrikesAt = 5;

sip::Flow udp(const Endpoint& local, const Endpoint& remote) {
  return {sip::Transport::Udp, 0, local, remote};
}

// Every name has one address, and no service.
DnsAnswer look_up(const DnsQuestion& question) {
  if (question.type != DnsType::A) return {.outcome = DnsAnswer::Outcome::NoSuchRecord};
  return {
      .outcome = DnsAnswer::Outcome::Found, .ttl = seconds(60), .addresses = {kProvider.address}};
}

}  // namespace

const sip::Flow World::kTrunk = udp(kBoard, kProvider);
const sip::Flow World::kOtherTrunk = udp(kBoard, kOther);

call::Config World::board_config(const Encryption& encryption) {
  call::Config config;
  config.users = {"demo", "other"};
  call::TrunkConfig trunk;
  trunk.name = "voipms";
  trunk.user = "demo";
  trunk.servers = {{"atlanta.voip.ms", std::nullopt, sip::Transport::Udp}};
  trunk.account = {"100001", "planted-password"};
  trunk.dial = call::DialRules::open();
  trunk.probe_interval = std::chrono::minutes(10);  // so that the end of a story is quiet
  call::TrunkConfig other = trunk;
  other.name = "other";
  other.user = "other";
  other.servers = {{"198.51.100.30", std::nullopt, sip::Transport::Udp}};
  other.account = {"200002", "planted-password"};
  other.registers = false;
  trunk.srtp = encryption.trunk;
  config.trunks = {trunk, other};
  config.dial.user = call::DialRules::open();
  config.software = "offhook/sim";
  return config;
}

provider::Config World::provider_config(const Encryption& encryption) {
  provider::Config config;
  config.sip = kProvider;
  config.accounts = {{"100001", "planted-password", "2155550100", encryption.provider}};
  for (std::size_t i = 0; i < kProviderCalls; ++i) {
    config.media_ports.push_back(
        {kProvider.address, static_cast<std::uint16_t>(kProviderMediaPort + 2 * i)});
  }
  return config;
}

World::World(std::uint64_t seed, Audio audio, Encryption encryption)
    : seed_(seed),
      random_(seed),
      board(board_config(encryption), random_),
      network(events, random_),
      provider(provider_config(encryption), random_),
      audio_(audio) {
  if (audio == Audio::Real) {
    media_ = std::make_unique<EngineMedia>(kMediaPort, random_);
  } else {
    media_ = std::make_unique<ScriptedMedia>();
  }
  network.bind(kBoard, [this](const Endpoint& from, const Bytes& bytes) {
    board.handle_sip(udp(kBoard, from), as_text(bytes), now_);
  });
  network.bind(kProvider, [this](const Endpoint& from, const Bytes& bytes) {
    provider.handle_sip(udp(kProvider, from), as_text(bytes), now_);
  });
  const auto ports = provider_config().media_ports;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    network.bind(ports[i], [this, i](const Endpoint& from, const Bytes& bytes) {
      provider.handle_rtp(i, from, bytes, now_);
    });
  }
  network.bind_host(kBoard.address, [this](const Endpoint& from, const Endpoint& to, Bytes bytes) {
    if (media_connected_) media_->handle_packet({from, to, std::move(bytes)}, now_);
  });
  network.bind_host(kBrowsers, [this](const Endpoint& from, const Endpoint& to, Bytes bytes) {
    const MediaPacket packet{from, to, std::move(bytes)};
    for (const auto& page : pages_) page->media->handle_packet(packet, now_);
  });
  restore_media();
  board.start(now_);
}

Browser& World::open_page(const std::string& instance, const std::string& user) {
  auto page = std::make_unique<Page>();
  if (audio_ == Audio::Real) {
    page->media = std::make_unique<WebRtcMedia>(kBrowsers, random_);
  } else {
    const auto port = static_cast<std::uint16_t>(kFirstBrowserPort + pages_.size());
    page->media = std::make_unique<SilentMedia>(Endpoint{kBrowsers, port}, kMediaPort, random_);
  }
  page->browser = std::make_unique<Browser>(instance, user, random_, *page->media);
  Browser& browser = *page->browser;
  pages_.push_back(std::move(page));
  connect(browser);
  if (!run_until([&] { return browser.registered(); }, seconds(5))) {
    faults_.push_back("page " + instance + " could not register");
  }
  return browser;
}

World::Page& World::page_of(const Browser& browser) {
  return **std::ranges::find_if(pages_,
                                [&](const auto& p) { return p->browser.get() == &browser; });
}

WebRtcMedia& World::ears(const Browser& browser) {
  return dynamic_cast<WebRtcMedia&>(*page_of(browser).media);
}

void World::connect(Browser& browser) {
  const std::uint64_t connection = ++last_connection_;
  const Endpoint client{kBrowsers, static_cast<std::uint16_t>(40'000 + connection)};
  page_of(browser).flow = sip::Flow{sip::Transport::Wss, connection, kWeb, client};
  note("WebSocket of " + browser.instance() + " opens");
  board.handle_flow_opened(*page_of(browser).flow, browser.user(), now_);
  browser.connected(now_);
}

void World::lose_connection(Browser& browser) {
  note("WebSocket of " + browser.instance() + " is lost");
  browser.disconnected();
  board.handle_flow_lost(*std::exchange(page_of(browser).flow, std::nullopt), "closed", now_);
}

void World::set_provider_dead(bool dead) {
  note(dead ? "the provider dies" : "the provider is back");
  network.set_dead(kProvider.address, dead);
}

void World::report_trunk_unreachable() {
  note("the provider is unreachable, says ICMP");
  board.handle_undelivered(kTrunk, last_to_trunk_, now_);
}

void World::set_media_path_dead(bool dead) {
  note(dead ? "no datagram reaches or leaves the browsers" : "datagrams pass again");
  network.set_dead(kBrowsers, dead);
}

void World::lose_media() {
  note("media is lost");
  media_connected_ = false;
  media_->restart();
  board.handle_media_lost(now_);
}

void World::restore_media() {
  note("media is there");
  media_connected_ = true;
  board.handle_media_connected(now_);
}

std::string World::call_in(const std::string& from) {
  note("the provider has a call from " + from);
  return provider.call_account("100001", from, now_);
}

void World::hang_up_far_ends() {
  note("everybody out there hangs up");
  provider.hang_up_all(now_);
}

void World::run_for(Duration duration) {
  const Time end = now_ + duration;
  drain();
  for (auto next = next_event(); next && *next <= end; next = next_event()) handle_due(*next);
  now_ = end;
}

bool World::run_until(const std::function<bool()>& holds, Duration limit) {
  const Time end = now_ + limit;
  drain();
  while (!holds()) {
    const auto next = next_event();
    if (!next || *next > end) return false;
    handle_due(*next);
  }
  return true;
}

std::optional<Time> World::next_event() const {
  auto next = earliest(events.next(), board_timeout());
  next = earliest(next, provider.next_timeout());
  if (media_connected_) next = earliest(next, media_->next_timeout());
  for (const auto& page : pages_) {
    next = earliest(next, earliest(page->browser->next_timeout(), page->media->next_timeout()));
  }
  return next;
}

std::optional<Time> World::board_timeout() const {
  const bool lost = bug_ == PlantedBug::LostTimer && has_struck_;
  return lost ? std::nullopt : board.next_timeout();
}

bool World::strikes(PlantedBug bug) {
  if (bug != bug_ || has_struck_) return false;
  has_struck_ = ++opportunities_ == kBugStrikesAt;
  return has_struck_;
}

// A release that gets lost is sent again.
bool World::leaks(const control::Command& command) {
  if (!command.has_release()) return false;
  if (strikes(PlantedBug::LeakedLeg)) leaked_leg_ = command.release().leg_id();
  return command.release().leg_id() == leaked_leg_;
}

void World::handle_due(Time time) {
  now_ = std::max(now_, time);
  events.run_due(now_);
  if (is_due(board_timeout(), now_) && !strikes(PlantedBug::LostTimer)) {
    board.handle_timeout(now_);
  }
  if (is_due(provider.next_timeout(), now_)) provider.handle_timeout(now_);
  if (media_connected_) media_->handle_timeout(now_);
  for (const auto& page : pages_) {
    if (is_due(page->browser->next_timeout(), now_)) page->browser->handle_timeout(now_);
    if (is_due(page->media->next_timeout(), now_)) page->media->handle_timeout(now_);
  }
  drain();
}

void World::drain() {
  bool again = true;
  while (again) {
    again = drain_board();
    again = drain_media() || again;
    again = drain_pages() || again;
    again = drain_provider() || again;
  }
}

bool World::drain_board() {
  bool any = false;
  while (auto output = board.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](call::SendSip& o) { send_from_board(std::move(o)); },
                   [&](const call::LookUp& o) {
                     board.handle_looked_up(o.trunk, o.question, look_up(o.question), now_);
                   },
                   [&](const call::OpenFlow& o) {
                     board.handle_trunk_flow(o.trunk, o.target, udp(kBoard, o.target.endpoint),
                                             now_);
                   },
                   [&](call::SendCommand& o) {
                     if (!media_connected_) return;
                     if (leaks(o.command)) return;
                     events.at(now_ + kControlLatency, [this, command = std::move(o.command)] {
                       if (media_connected_) media_->handle(command, now_);
                     });
                   },
                   [&](const call::LogEvent& o) { note_event(o); },
                   [&](call::CallEnded& o) { end_call(std::move(o)); },
                   [&](call::AllCallsEnded) { all_calls_ended_ = true; },
               },
               *output);
  }
  return any;
}

void World::end_call(call::CallEnded&& ended) {
  if (strikes(PlantedBug::LostRecord)) return;
  ended_.push_back(std::move(ended));
}

void World::send_from_board(call::SendSip send) {
  if (send.bytes == call::kKeepAlive) {
    (void)network.send(send.flow.local, send.flow.remote, to_bytes(send.bytes), now_);
    return note("gateway -> trunk    keep-alive");
  }
  const bool to_browser = send.flow.transport != sip::Transport::Udp;
  if (to_browser && send.bytes.starts_with("INVITE ") && strikes(PlantedBug::LeakedCredential)) {
    send.bytes.insert(send.bytes.find("\r\n") + 2,
                      "Authorization: Digest username=\"100001\", response=\"0\"\r\n");
  }
  check_from_board(send);
  if (send.bytes.starts_with("SIP/2.0 200 ") && strikes(PlantedBug::DoubleAnswer)) {
    call::SendSip second = send;
    second.bytes.replace(8, 3, "486");
    check_from_board(second);
  }
  if (!to_browser) {
    const bool sent = network.send(send.flow.local, send.flow.remote, to_bytes(send.bytes), now_);
    return note_sip("gateway -> trunk  ", send.bytes, !sent);
  }
  note_sip("gateway -> browser", send.bytes);
  events.at(now_ + kWebSocketLatency, [this, flow = send.flow, bytes = std::move(send.bytes)] {
    for (const auto& page : pages_) {
      if (page->flow == flow) page->browser->handle(bytes, now_);
    }
  });
}

void World::check_from_board(const call::SendSip& send) {
  const auto message = sip::parse_message(send.bytes);
  if (!message) return faults_.push_back("the gateway sends what it could not read itself");
  on_sent(send);
  if (send.flow == kTrunk) last_to_trunk_ = send.bytes;
  if (const auto* request = std::get_if<sip::Request>(&*message)) {
    const sip::Headers& headers = request->headers;
    const bool to_trunk = send.flow == kTrunk || send.flow == kOtherTrunk;
    if (!to_trunk && !(headers.authorization.empty() && headers.proxy_authorization.empty())) {
      faults_.emplace_back("credentials went to somebody who is not the trunk");
    }
    return;
  }
  const auto& response = std::get<sip::Response>(*message);
  if (!response.is_final() || response.headers.via.empty()) return;
  const sip::Via& via = response.headers.via.front();
  const auto [answer, first] = final_answers_.try_emplace(
      {std::string(via.branch()) + " " + std::string(sip::to_string(response.headers.cseq.method)),
       send.flow.remote.to_string()},
      response.status);
  if (!first && answer->second != response.status) {
    faults_.push_back("one request was answered " + std::to_string(answer->second) + " and " +
                      std::to_string(response.status));
  }
}

bool World::drain_media() {
  bool any = false;
  while (auto event = media_->poll_event()) {
    any = true;
    events.at(now_ + kControlLatency, [this, event = std::move(*event)] {
      if (media_connected_) board.handle_media_event(event, now_);
    });
  }
  while (auto packet = media_->poll_packet()) {
    any = true;
    (void)network.send(packet->from, packet->to, std::move(packet->bytes), now_);
  }
  return any;
}

bool World::drain_pages() {
  bool any = false;
  for (const auto& page : pages_) {
    while (auto packet = page->media->poll_packet()) {
      any = true;
      (void)network.send(packet->from, packet->to, std::move(packet->bytes), now_);
    }
    while (auto message = page->browser->poll_message(now_)) {
      any = true;
      note_sip("browser -> gateway", *message);
      if (!page->flow) continue;
      events.at(now_ + kWebSocketLatency, [this, flow = *page->flow, bytes = std::move(*message)] {
        board.handle_sip(flow, bytes, now_);
      });
    }
  }
  return any;
}

bool World::drain_provider() {
  bool any = false;
  while (auto output = provider.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](const provider::SendSip& o) {
                     const bool sent =
                         network.send(o.flow.local, o.flow.remote, to_bytes(o.bytes), now_);
                     note_sip("trunk -> gateway  ", o.bytes, !sent);
                   },
                   [&](provider::SendRtp& o) {
                     (void)network.send(provider_config().media_ports.at(o.port), o.remote,
                                        std::move(o.packet), now_);
                   },
                   [&](const provider::LogLine& o) { note("provider: " + o.text); },
               },
               *output);
  }
  return any;
}

void World::note(const std::string& line) {
  if (!tells_) return;
  std::array<char, 32> time{};
  const auto since = std::chrono::duration<double>(now_.time_since_epoch()).count() - 3'600.0;
  (void)std::snprintf(time.data(), time.size(), "%10.4f  ", since);
  story_.push_back(time.data() + line);
}

void World::note_sip(const char* path, std::string_view bytes, bool lost) {
  if (!tells_) return;
  std::string line = path;
  line += "  ";
  line += take_until(bytes, '\r');
  const auto cseq = bytes.find("\nCSeq: ");
  if (cseq != std::string_view::npos) {
    bytes.remove_prefix(cseq + 1);
    line += "  [";
    line += take_until(bytes, '\r');
    line += "]";
  }
  if (lost) line += "  LOST";
  note(line);
}

void World::note_event(const call::LogEvent& event) {
  if (event.event == "call_started") ++started_;
  if (event.event == "call_refused") ++refused_;
  std::string line = "log " + event.event;
  for (const auto& [name, value] : event.fields) {
    line.append(" ").append(name).append("=").append(value);
    if (value.contains("planted-password")) faults_.emplace_back("the log holds a password");
  }
  note(line);
}

std::string World::story() const {
  std::string all = "seed " + std::to_string(seed_) + "\n";
  for (const auto& line : story_) all += line + "\n";
  return all;
}

std::vector<std::string> World::settle() {
  run_for(kQuiet);
  // A registration may be refreshed just now.
  (void)run_until([&] { return board.status().transactions == 0; }, kQuiet);
  std::vector<std::string> wrong = faults_;
  const auto expect_none = [&](std::size_t count, const std::string& what) {
    if (count != 0) wrong.push_back(std::to_string(count) + " " + what + " left");
  };
  const call::Status status = board.status();
  expect_none(status.calls, "calls of the gateway");
  expect_none(status.legs, "legs of the gateway");
  expect_none(status.sessions, "sessions of the gateway");
  expect_none(status.transactions, "transactions of the gateway");
  expect_none(media_->leg_count(), "legs in media");
  expect_none(media_->bridge_count(), "bridges in media");
  expect_none(provider.call_count(), "calls of the provider");
  for (const auto& page : pages_) {
    expect_none(page->browser->session_count(), "sessions of a browser");
    if (!page->browser->fault().empty()) wrong.push_back(page->browser->fault());
  }
  wrong.insert(wrong.end(), media_->faults().begin(), media_->faults().end());

  std::set<call::CallId> ids;
  for (const auto& ended : ended_) ids.insert(ended.id);
  if (ids.size() != ended_.size() || ids.size() != started_) {
    wrong.push_back(std::to_string(started_) + " calls began, " + std::to_string(ended_.size()) +
                    " records of " + std::to_string(ids.size()) + " calls were written");
  }
  std::uint64_t counted = bug_ == PlantedBug::WrongCounter ? 1 : 0;
  for (const auto& [key, count] : board.counters().calls()) counted += count;
  if (counted != started_ + refused_) {
    wrong.push_back(std::to_string(started_ + refused_) + " calls began or were refused, " +
                    std::to_string(counted) + " were counted");
  }
  return wrong;
}

}  // namespace offhook::sim
