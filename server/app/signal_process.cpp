#include "app/signal_process.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/call_record.hpp"
#include "app/reports.hpp"
#include "app/status_json.hpp"
#include "base/overloaded.hpp"
#include "io/local_address.hpp"

namespace offhook::app {

namespace {

using namespace std::chrono_literals;

constexpr Duration kReadyPoll = 10ms;
constexpr Duration kReadyAtLatest = 3s;
// For the browsers' answers to our closing of their WebSockets.
constexpr Duration kCloseTime = 150ms;

http::Router::Config router_config(const Settings& settings, const call::Switchboard& switchboard,
                                   Log& log) {
  auto files = http::StaticFiles::read(settings.config.http.web_root);
  if (!files) log.write(LogLevel::Warning, "no_page", {{"reason", files.error().message}});
  const std::uint16_t port = settings.config.http.listen.front().port;
  return {.origins = origins_of(settings.config.http),
          .cookie_name = "offhook_session_" + std::to_string(port),
          .user = settings.user,
          .files = files ? std::move(*files) : http::StaticFiles(),
          .session_json = [&switchboard, demo = settings.demo](const std::string& user) {
            return session_json(user, demo, switchboard.status());
          }};
}

LogLevel to_log_level(call::LogEvent::Level level) {
  switch (level) {
    case call::LogEvent::Level::Debug:
      return LogLevel::Debug;
    case call::LogEvent::Level::Info:
      return LogLevel::Info;
    case call::LogEvent::Level::Warning:
      return LogLevel::Warning;
    case call::LogEvent::Level::Error:
      break;
  }
  return LogLevel::Error;
}

// Machines without IPv6 have no ::1, and nobody misses it there.
bool is_missing_here(const IpAddress& address) {
  return address.is_loopback() && address.is_v6() &&
         std::ranges::none_of(io::interface_addresses(), [&](const io::InterfaceAddress& known) {
           return known.address == address;
         });
}

std::string name_servers(const std::vector<Endpoint>& servers) {
  std::string list;
  for (const Endpoint& server : servers) list += (list.empty() ? "" : ",") + server.to_string();
  return list;
}

}  // namespace

Result<std::unique_ptr<SignalProcess>> SignalProcess::open(io::EventLoop& loop,
                                                           const Settings& settings,
                                                           call::Config config,
                                                           const std::string& control_path,
                                                           Log& log) {
  std::unique_ptr<SignalProcess> process(
      new SignalProcess(loop, settings, std::move(config), control_path, log));
  if (const auto listening = process->listen(settings); !listening) {
    return std::unexpected(listening.error());
  }
  process->feed([](auto& board, Time now) { board.start(now); });
  return process;
}

SignalProcess::SignalProcess(io::EventLoop& loop, const Settings& settings, call::Config config,
                             const std::string& control_path, Log& log)
    : loop_(loop),
      log_(log),
      switchboard_(std::move(config), random_),
      driver_(loop, switchboard_, [this](const call::Output& output) { handle_output(output); }),
      router_(router_config(settings, switchboard_, log), random_),
      server_(loop, router_,
              {.on_report_wanted = [this](const auto& wanted,
                                          auto reply) { answer(wanted, std::move(reply)); },
               .on_open = [this](const auto& socket) { handle_web_socket_opened(socket); },
               .on_message = [this](auto id, auto text) { handle_web_socket_message(id, text); },
               .on_close = [this](auto id) { handle_web_socket_closed(id); }}),
      sip_(loop,
           {.on_message = [this](const auto& flow, auto message) { handle_sip(flow, message); },
            .on_lost = [this](const auto& flow,
                              const auto& reason) { handle_flow_lost(flow, reason); },
            .on_undelivered = [this](const auto& flow,
                                     auto quoted) { handle_undelivered(flow, quoted); }}),
      control_(loop, control_path,
               {.on_connected =
                    [this] {
                      census_.handle_connected();
                      feed([](auto& board, Time now) { board.handle_media_connected(now); });
                    },
                .on_event = [this](const control::Event& event) { handle_media_event(event); },
                .on_lost =
                    [this](const std::string& reason) {
                      log_.write(LogLevel::Warning, "control_lost", {{"reason", reason}});
                      census_.handle_lost();
                      feed([](auto& board, Time now) { board.handle_media_lost(now); });
                    }}),
      census_([this](const control::Command& command) { control_.send(command); }),
      census_timer_(loop,
                    [this] {
                      census_.handle_timeout(io::now());
                      census_timer_.set(census_.next_timeout());
                    }),
      ready_timer_(loop, [this] { check_ready(); }),
      end_timer_(loop, [this] { loop_.stop(); }) {
  for (const TrunkSettings& trunk : settings.config.trunks) {
    wishes_.insert({trunk.name, {.tls = trunk.tls, .keep_alive = trunk.keep_alive}});
  }
}

Result<void> SignalProcess::listen(const Settings& settings) {
  std::shared_ptr<io::TlsContext> tls;
  if (const HttpSettings& http = settings.config.http; !http.tls_certificate.empty()) {
    auto made = io::TlsContext::server(
        {.certificate_file = http.tls_certificate, .key_file = http.tls_key});
    if (!made) return std::unexpected(made.error());
    tls = std::move(*made);
  }
  for (const Endpoint& endpoint : settings.config.http.listen) {
    const bool may_be_missing = settings.config.http.listen.size() > 1;
    if (may_be_missing && is_missing_here(endpoint.address)) continue;
    if (const auto bound = server_.listen(endpoint, tls); !bound)
      return std::unexpected(bound.error());
  }
  for (const Endpoint& endpoint : settings.sip_listen) {
    if (const auto bound = sip_.listen(endpoint); !bound) {
      return std::unexpected(bound.error());
    }
  }
  auto dns = io::DnsClient::create(loop_, {.servers = name_servers(settings.config.dns_servers)});
  if (!dns) return std::unexpected(dns.error());
  dns_ = std::move(*dns);
  return {};
}

void SignalProcess::handle_output(const call::Output& output) {
  std::visit(Overloaded{[this](const call::SendSip& send) { send_sip(send); },
                        [this](const call::LookUp& ask) { look_up(ask); },
                        [this](const call::OpenFlow& open) { open_flow(open); },
                        [this](const call::SendCommand& send) { control_.send(send.command); },
                        [this](const call::LogEvent& event) {
                          log_.write(to_log_level(event.level), event.event, event.fields);
                        },
                        [this](const call::CallEnded& call) { write_cdr(call); },
                        [this](const call::AllCallsEnded&) { close_sockets(); }},
             output);
}

void SignalProcess::send_sip(const call::SendSip& send) {
  const bool is_browser =
      send.flow.transport == sip::Transport::Ws || send.flow.transport == sip::Transport::Wss;
  if (is_browser) {
    server_.send(send.flow.connection, send.bytes);
  } else {
    sip_.send(send.flow, send.bytes);
  }
}

void SignalProcess::look_up(const call::LookUp& ask) {
  dns_->ask(ask.question, [this, ask](const DnsAnswer& answer) {
    feed([&](auto& board, Time now) {
      board.handle_looked_up(ask.trunk, ask.question, answer, now);
    });
  });
}

void SignalProcess::open_flow(const call::OpenFlow& open) {
  const Result<sip::Flow> flow = sip_.open(open.target, open.connection, wishes_.at(open.trunk));
  feed([&](auto& board, Time now) { board.handle_trunk_flow(open.trunk, open.target, flow, now); });
}

void SignalProcess::write_cdr(const call::CallEnded& call) {
  log_.write(LogLevel::Info, "call_ended", record_fields(call));
}

// ---- SIP ----

void SignalProcess::handle_sip(const sip::Flow& flow, std::string_view message) {
  feed([&](auto& board, Time now) { board.handle_sip(flow, message, now); });
}

void SignalProcess::handle_flow_lost(const sip::Flow& flow, const std::string& reason) {
  feed([&](auto& board, Time now) { board.handle_flow_lost(flow, reason, now); });
}

void SignalProcess::handle_undelivered(const sip::Flow& flow, std::string_view quoted) {
  feed([&](auto& board, Time now) { board.handle_undelivered(flow, quoted, now); });
}

void SignalProcess::handle_web_socket_opened(const http::WebSocketInfo& socket) {
  const auto transport = socket.is_secure ? sip::Transport::Wss : sip::Transport::Ws;
  const sip::Flow flow{transport, socket.id, socket.local, socket.remote};
  flows_.emplace(socket.id, flow);
  feed([&](auto& board, Time now) { board.handle_flow_opened(flow, socket.user, now); });
}

void SignalProcess::handle_web_socket_message(http::ConnectionId id, std::string_view message) {
  // RFC 5626 3.5.1: a double CRLF is a ping and gets a single one.
  if (message.find_first_not_of("\r\n") == std::string_view::npos) {
    if (message == "\r\n\r\n") server_.send(id, "\r\n");
    return;
  }
  const auto flow = flows_.find(id);
  if (flow == flows_.end()) return;
  handle_sip(flow->second, message);
}

void SignalProcess::handle_web_socket_closed(http::ConnectionId id) {
  const auto flow = flows_.extract(id);
  if (flow.empty()) return;
  handle_flow_lost(flow.mapped(), "the browser has closed it");
}

// ---- media ----

void SignalProcess::handle_media_event(const control::Event& event) {
  if (census_.handle(event, io::now())) {
    census_timer_.set(census_.next_timeout());
    return;
  }
  feed([&](auto& board, Time now) { board.handle_media_event(event, now); });
}

void SignalProcess::answer(const http::ReportWanted& wanted,
                           std::function<void(http::Response)> reply) {
  if (!needs_media(wanted)) return reply(report(wanted, switchboard_, std::nullopt));
  census_.ask([this, wanted, reply = std::move(reply)](
                  const MediaCensus::Answer& media) { reply(report(wanted, switchboard_, media)); },
              io::now());
  census_timer_.set(census_.next_timeout());
}

// ---- beginning and end ----

void SignalProcess::when_ready(std::function<void()> on_ready) {
  on_ready_ = std::move(on_ready);
  ready_at_latest_ = io::now() + kReadyAtLatest;
  ready_timer_.set(io::now());
}

void SignalProcess::check_ready() {
  const call::Status status = switchboard_.status();
  const bool is_ready =
      status.media_connected && std::ranges::all_of(status.trunks, [](const auto& trunk) {
        return trunk.state == "registered" || trunk.state == "ready";
      });
  if (is_ready || io::now() >= ready_at_latest_) return std::exchange(on_ready_, {})();
  ready_timer_.set(io::now() + kReadyPoll);
}

void SignalProcess::end(const std::string& reason) {
  if (std::exchange(is_ending_, true)) return;
  log_.write(LogLevel::Info, "ending", {{"reason", reason}});
  feed([](auto& board, Time now) { board.shut_down(now); });
}

void SignalProcess::close_sockets() {
  end_timer_.set(io::now() + kCloseTime);
  server_.shut_down([this] { loop_.stop(); });
}

}  // namespace offhook::app
