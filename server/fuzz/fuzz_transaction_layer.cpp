#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/overloaded.hpp"
#include "fuzz/flows.hpp"
#include "fuzz/program.hpp"
#include "fuzz/sip_text.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/transaction_layer.hpp"

// A program of sends, arrivals, answers, losses and pauses against the whole transaction layer, with
// little room. Whatever it is: a client hears one final answer and of its end once, a server
// transaction is announced once, and when all are answered time alone empties the layer.
namespace offhook::fuzz {
namespace {

using sip::TransactionLayer;

constexpr std::size_t kMaxTransactions = 12;
const TransactionLayer::Limits kLimits{
    .transactions = kMaxTransactions,
    .bytes = 32'768,
    .per_source = sip::Admission::Budget{.requests_per_second = 2,
                                         .requests_at_once = 6,
                                         .bytes_per_second = 500,
                                         .bytes_at_once = 2'000,
                                         .sources = 3}};
constexpr std::array<std::string_view, 6> kClientMethods{"INVITE",  "INVITE", "BYE",
                                                         "OPTIONS", "INFO",   "REGISTER"};
constexpr std::array<std::string_view, 6> kMethods{"INVITE", "ACK",  "CANCEL",
                                                   "BYE",    "INFO", "STRANGE"};
constexpr std::array<std::uint16_t, 8> kStatuses{100, 180, 183, 200, 202, 401, 486, 503};

struct Client {
  sip::ClientId id;
  bool invite = false;
  bool cancelled = false;
  bool accepted = false;
  bool failed = false;
  bool terminated = false;
};
struct Server {
  TransactionLayer::RequestArrived arrived;
  bool answered = false;
};
struct Sent {  // a request of ours, as the far end knows it
  sip::Flow flow;
  sip::Request request;
};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done()) {
      step();
      drain();
    }
    for (const Server& server : servers_) respond(server.arrived.id, 500);
    for (const Client& client : clients_) layer_.abandon(client.id);
    drain();
    // What is left has its last timer, and those of retransmissions.
    clock_.run_out(16 * kMaxTransactions, std::chrono::seconds(64), layer_, [this] { drain(); });
    OFFHOOK_ASSERT(layer_.size() == 0 && layer_.bytes() == 0);
    OFFHOOK_ASSERT(std::ranges::all_of(clients_, &Client::terminated));
  }

 private:
  void step() {
    switch (program_.below(10)) {
      case 0:
        send();
        break;
      case 1:
        cancel();
        break;
      case 2:
      case 3:
        receive_response();
        break;
      case 4:
      case 5:
        receive_request();
        break;
      case 6:
        if (!servers_.empty()) {
          Server& server = program_.one_of(servers_);
          const std::uint16_t status = program_.one_of(kStatuses);
          server.answered = server.answered || status >= 200;
          respond(server.arrived.id, status);
        }
        break;
      case 7:
        lose_or_move();
        break;
      case 8:
        if (Client* client = open_client(); client != nullptr) layer_.abandon(client->id);
        break;
      default:
        clock_.pass(program_, layer_, [this] { drain(); });
    }
  }

  void send() {
    const std::string_view method = program_.one_of(kClientMethods);
    sip::Request request = RequestText{.method = method}.parsed();
    if (program_.flag()) request.headers.via.clear();
    const sip::ClientId id = layer_.send(program_.one_of(kFlows), std::move(request), clock_.now());
    clients_.push_back({.id = id, .invite = method == "INVITE"});
  }

  void cancel() {
    Client* client = open_client();
    if (client == nullptr || !client->invite || std::exchange(client->cancelled, true)) return;
    const auto id = layer_.cancel(client->id, {}, clock_.now());
    if (id) clients_.push_back({.id = *id});
  }

  void receive_response() {
    if (sent_.empty()) return;
    const Sent& sent = program_.one_of(sent_);
    const std::uint16_t status = program_.one_of(kStatuses);
    const std::string_view tag = program_.flag() ? "one" : "another";
    const sip::Flow& flow = program_.below(8) == 0 ? program_.one_of(kFlows) : sent.flow;
    deliver(flow, response_text(sent.request, status, tag));
  }

  void receive_request() {
    static constexpr std::array<std::string_view, 4> kVias{
        "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKb", "SIP/2.0/TCP 192.0.2.8;branch=z9hG4bKb",
        "SIP/2.0/UDP host.example.com;branch=old", "SIP/2.0/WS a.invalid;branch=z9hG4bK"};
    const sip::Flow& flow = program_.one_of(kFlows);
    if (!sent_.empty() && program_.below(8) == 0) {  // our own comes back
      return deliver(flow, sip::serialize(program_.one_of(sent_).request));
    }
    RequestText text{.method = program_.one_of(kMethods)};
    text.via = std::string(program_.one_of(kVias)) + std::to_string(program_.below(3));
    text.from_tag = "f" + std::to_string(program_.below(2));
    if (program_.flag()) text.to_tag = "t" + std::to_string(program_.below(2));
    text.cseq = program_.below(3);
    deliver(flow, text.to_string());
  }

  void deliver(const sip::Flow& flow, const std::string& text) {
    const auto message = sip::parse_message(text);
    OFFHOOK_ASSERT(message);
    const bool in_dialog = program_.flag();
    layer_.handle(flow, *message, clock_.now(),
                  {.source = sip::source_of(flow), .bytes = text.size(), .in_dialog = in_dialog});
  }

  void respond(sip::ServerId id, std::uint16_t status) {
    const auto server =
        std::ranges::find(servers_, id, [](const Server& each) { return each.arrived.id; });
    layer_.respond(id, sip::make_response(server->arrived.request, status, "ours"), clock_.now());
  }

  void lose_or_move() {
    const sip::Flow& flow = program_.one_of(kFlows);
    if (program_.below(4) == 0) return layer_.handle_undelivered(flow, quoted());
    if (servers_.empty() || program_.flag()) return layer_.handle_flow_lost(flow);
    const Server& server = program_.one_of(servers_);
    if (server.arrived.request.method != sip::Method::Invite) return;
    layer_.move(server.arrived.id, flow);
    if (!server.answered) {
      OFFHOOK_ASSERT(layer_.request(server.arrived.id).method == sip::Method::Invite);
    }
  }

  // What an ICMP error quotes: as much of a datagram as its sender pleased, or anything.
  std::string quoted() {
    if (sent_.empty() || program_.below(4) == 0) return std::string(as_text(program_.bytes()));
    const std::string sent = sip::serialize(program_.one_of(sent_).request);
    return sent.substr(0, std::size_t{4} * program_.byte());
  }

  Client* open_client() {
    if (clients_.empty()) return nullptr;
    Client& client = program_.one_of(clients_);
    return client.terminated ? nullptr : &client;
  }
  Client& client_of(sip::ClientId id) {
    if (std::ranges::find(clients_, id, &Client::id) == clients_.end()) clients_.push_back({id});
    return *std::ranges::find(clients_, id, &Client::id);
  }

  void drain() {
    while (auto output = layer_.poll_output()) {
      std::visit(Overloaded{
                     [&](TransactionLayer::Transmit& out) { take_sent(out); },
                     [&](TransactionLayer::ResponseArrived& out) { take_response(out); },
                     [&](TransactionLayer::ClientTerminated& out) {
                       OFFHOOK_ASSERT(!std::exchange(client_of(out.id).terminated, true));
                     },
                     [&](TransactionLayer::RequestArrived& out) { take_request(std::move(out)); },
                     [&](TransactionLayer::AckArrived& out) {
                       OFFHOOK_ASSERT(out.request.method == sip::Method::Ack);
                     },
                 },
                 *output);
    }
    // A CANCEL is let through at any time, one to each INVITE.
    OFFHOOK_ASSERT(layer_.size() <= 2 * kMaxTransactions);
  }
  void take_sent(TransactionLayer::Transmit& out) {
    OFFHOOK_ASSERT(sip::parse_message(sip::serialize(out.message)));
    const auto* request = std::get_if<sip::Request>(&out.message);
    if (request != nullptr && sent_.size() < 32) sent_.push_back({out.flow, *request});
  }
  void take_response(const TransactionLayer::ResponseArrived& out) {
    Client& client = client_of(out.id);
    const sip::Response& response = out.response;
    OFFHOOK_ASSERT(!client.terminated && !client.failed);
    OFFHOOK_ASSERT(!client.accepted || (response.is_success() && client.invite));
    client.accepted = client.accepted || response.is_success();
    client.failed = response.status >= 300;
  }
  void take_request(TransactionLayer::RequestArrived out) {
    OFFHOOK_ASSERT(std::ranges::none_of(
        servers_, [&](const Server& each) { return each.arrived.id == out.id; }));
    if (out.cancelled) {
      OFFHOOK_ASSERT(out.request.method == sip::Method::Cancel);
    }
    servers_.push_back({.arrived = std::move(out)});
  }

  Program& program_;
  SeededRandom random_{1};
  VirtualClock clock_;
  TransactionLayer layer_{{}, kLimits, random_};
  std::vector<Client> clients_;
  std::vector<Server> servers_;
  std::vector<Sent> sent_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
