#include "sip/transaction_layer.hpp"

#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "sip/message_memory.hpp"
#include "sip/transaction_key.hpp"

namespace offhook::sip {
namespace {

bool is_client(const auto& machine) {
  return std::holds_alternative<InviteClient>(machine) ||
         std::holds_alternative<NonInviteClient>(machine);
}

const Request& client_request(const auto& machine) {
  const auto* invite = std::get_if<InviteClient>(&machine);
  return invite != nullptr ? invite->request() : std::get<NonInviteClient>(machine).request();
}

// One connection is one flow; for UDP it is the pair of addresses.
bool same_flow(const Flow& a, const Flow& b) {
  if (a.transport != b.transport) return false;
  return is_reliable(a.transport) ? a.connection == b.connection : a == b;
}

std::string host_text(const IpAddress& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

// RFC 3261 18.2.1 and RFC 3581 4: the sender learns in the response where its request came from.
void note_source(Via& via, const Endpoint& source) {
  const bool wants_port = via.parameters.has("rport");
  if (wants_port) via.parameters.set("rport", std::to_string(source.port));
  if (wants_port || IpAddress::parse(via.host) != source.address) {
    via.parameters.set("received", source.address.to_string());
  }
}

TransactionLayer::Transmit make_transmit(const Flow& flow, Message message) {
  std::string bytes = serialize(message);
  return {.flow = flow, .message = std::move(message), .bytes = std::move(bytes)};
}

bool is_challenge(const Response& response) {
  return response.status == 401 || response.status == 407;
}

}  // namespace

TransactionLayer::TransactionLayer(Timers timers, Limits limits, Random& random)
    : timers_(timers), limits_(limits), random_(random) {
  if (limits_.per_source) admission_.emplace(*limits_.per_source);
}

// ---- from the wire ----

void TransactionLayer::handle(const Flow& flow, const Message& message, Time now,
                              const Arrival& arrival) {
  std::visit(Overloaded{
                 [&](const Request& request) { handle_request(flow, request, now, arrival); },
                 [&](const Response& response) { handle_response(flow, response, now); },
             },
             message);
}

void TransactionLayer::handle_response(const Flow& flow, const Response& response, Time now) {
  const auto known = clients_.find(client_key(response.headers));
  if (known == clients_.end()) return;
  Entry& entry = entries_.at(known->second);
  // Branches are random, so this is a second lock: an answer comes over the connection that the
  // request went.
  if (flow.transport != entry.flow.transport || flow.connection != entry.flow.connection) return;
  // A provider's other server may answer, but only the one that was asked may ask for credentials.
  if (is_challenge(response) && flow.remote != entry.flow.remote) return;
  const Headers& asked = client_request(entry.machine).headers;
  if (response.headers.call_id != asked.call_id || response.headers.cseq != asked.cseq) return;
  const std::uint64_t id = known->second;
  if (auto* invite = std::get_if<InviteClient>(&entry.machine)) {
    invite->handle(response, now);
  } else {
    std::get<NonInviteClient>(entry.machine).handle(response, now);
  }
  settle(id);
}

void TransactionLayer::handle_request(const Flow& flow, Request request, Time now,
                                      const Arrival& arrival) {
  const auto known = servers_.find(server_key(flow, request));
  if (known == servers_.end()) {
    note_source(request.headers.via.front(), flow.remote);
    accept_request(flow, std::move(request), now, arrival);
    return;
  }
  const std::uint64_t id = known->second;
  Entry& entry = entries_.at(id);
  // What comes again is answered again, which is bytes for a few bytes where its address is forged.
  if (admission_ && !entry.ongoing && !is_reliable(flow.transport) &&
      request.method != Method::Ack &&
      !admission_->may_send(arrival.source, entry.answer_bytes, now)) {
    return;
  }
  if (auto* invite = std::get_if<InviteServer>(&entry.machine)) {
    invite->handle(request, now);
  } else {
    std::get<NonInviteServer>(entry.machine).handle(request, now);
  }
  settle(id);
}

void TransactionLayer::accept_request(const Flow& flow, Request request, Time now,
                                      const Arrival& arrival) {
  if (request.method == Method::Ack) {
    outputs_.push_back(AckArrived{flow, std::move(request)});
    return;
  }
  RequestArrived event{.id = {}, .flow = flow, .request = {}};
  if (request.method == Method::Cancel) {
    const auto invite = servers_.find(cancelled_key(flow, request));
    if (invite != servers_.end()) event.cancelled = ServerId{invite->second};
  }
  const bool ongoing = arrival.in_dialog || event.cancelled;
  if (!has_room(ongoing) || (!ongoing && admission_ && !admission_->admit(arrival.source, now))) {
    refuse(flow, request, now, arrival);
    return;
  }
  std::string body = std::exchange(request.body, {});  // is handed up, and not asked for again here
  event.request = request;
  event.request.body = std::move(body);
  const bool invite = request.method == Method::Invite;
  const std::size_t bytes = invite ? heap_bytes(request) : 0;
  const Reliability how = reliability(flow.transport);
  std::string key = server_key(flow, request);
  std::string merge = request.headers.to.tag().empty() && request.method != Method::Cancel
                          ? merge_key(flow, request)
                          : std::string{};
  event.merged = !merge.empty() && merges_.contains(merge);
  if (event.merged) merge.clear();
  Machine machine = invite ? Machine(InviteServer(std::move(request), how, timers_))
                           : Machine(NonInviteServer(how, timers_));
  event.id = ServerId{add({.machine = std::move(machine),
                           .flow = flow,
                           .key = std::move(key),
                           .merge_key = std::move(merge),
                           .bytes = bytes,
                           .ongoing = ongoing},
                          false)};
  outputs_.push_back(std::move(event));
}

// The last quarter is for calls under way, so that they can end.
bool TransactionLayer::has_room(bool ongoing) const {
  const auto room = [&](std::size_t limit) { return ongoing ? limit : limit / 4 * 3; };
  return entries_.size() < room(limits_.transactions) && bytes_ < room(limits_.bytes);
}

void TransactionLayer::refuse(const Flow& flow, const Request& request, Time now,
                              const Arrival& arrival) {
  ++shed_;
  const bool to_nothing = request.method == Method::Cancel || !request.headers.to.tag().empty();
  Response response =
      make_response(request, to_nothing ? 481 : 503, stateless_tag(request.headers));
  if (!to_nothing) response.headers.retry_after = RetryAfter{.delay = std::chrono::seconds(10)};
  answer_statelessly(flow, std::move(response), now, arrival);
}

void TransactionLayer::answer_statelessly(const Flow& flow, Response response, Time now,
                                          const Arrival& arrival) {
  Transmit answer = make_transmit(flow, std::move(response));
  if (!is_reliable(flow.transport)) {  // the address may be forged
    if (answer.bytes.size() > arrival.bytes) return;
    if (admission_ && !admission_->may_send(arrival.source, arrival.bytes, now)) return;
  }
  outputs_.push_back(std::move(answer));
}

void TransactionLayer::handle_flow_lost(const Flow& flow) {
  std::vector<std::uint64_t> lost;
  for (const auto& [id, entry] : entries_) {
    if (same_flow(entry.flow, flow)) lost.push_back(id);
  }
  for (const std::uint64_t id : lost) fail_transport(id);
}

void TransactionLayer::handle_undelivered(const Flow& flow, std::string_view quoted) {
  const auto key = client_key_of_quote(quoted);
  const auto known = key ? clients_.find(*key) : clients_.end();
  if (known == clients_.end()) return;
  const Flow& sent_on = entries_.at(known->second).flow;
  if (flow.transport == sent_on.transport && flow.remote == sent_on.remote) {
    fail_transport(known->second);
  }
}

void TransactionLayer::fail_transport(std::uint64_t id) {
  std::visit(Overloaded{
                 [](InviteClient& machine) { machine.handle_transport_error(); },
                 [](NonInviteClient& machine) { machine.handle_transport_error(); },
                 [](auto&) {},
             },
             entries_.at(id).machine);
  settle(id);
}

void TransactionLayer::handle_timeout(Time now) {
  in_timeout_ = true;
  while (const auto id = deadlines_.take_due(now)) {
    std::visit([&](auto& machine) { machine.handle_timeout(now); }, entries_.at(*id).machine);
    settle(*id);
  }
  in_timeout_ = false;
}

std::optional<TransactionLayer::Output> TransactionLayer::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

// ---- from the transaction user ----

Request TransactionLayer::with_via(const Flow& flow, Request request) {
  if (request.headers.via.empty()) {
    Via via;
    via.host = host_text(flow.local.address);
    via.port = flow.local.port;
    request.headers.via.push_back(std::move(via));
  }
  Via& via = request.headers.via.front();
  via.transport = to_string(flow.transport);
  via.parameters.set("branch", std::string(kMagicCookie) + random_.hex(8));
  // RFC 3581 3: the answer shall come to the port that we send from. Over a connection it comes
  // anyway, but tells how the other side sees us. Browsers are told nothing and tell nothing.
  const bool is_browser = flow.transport == Transport::Ws || flow.transport == Transport::Wss;
  if (!is_browser) via.parameters.set("rport");
  return request;
}

ClientId TransactionLayer::send(const Flow& flow, Request request, Time now,
                                const SendOptions& options) {
  OFFHOOK_ASSERT(request.method != Method::Ack && request.method != Method::Cancel);
  request = with_via(flow, std::move(request));
  if (!has_room(true)) {
    const ClientId id{++last_id_};
    fail_locally(std::to_underlying(id), request, 503);
    outputs_.push_back(ClientTerminated{id});
    return id;
  }
  std::string key = client_key(request.headers);
  const bool invite = request.method == Method::Invite;
  const std::size_t bytes = heap_bytes(request);
  const Reliability how = reliability(flow.transport);
  Timers timers = timers_;
  timers.invite_timeout = options.invite_timeout;
  Machine machine = invite ? Machine(InviteClient(std::move(request), how, timers, now))
                           : Machine(NonInviteClient(std::move(request), how, timers_, now));
  const std::uint64_t id = add({.machine = std::move(machine),
                                .flow = flow,
                                .key = std::move(key),
                                .merge_key = {},
                                .bytes = bytes},
                               true);
  settle(id);
  if (is_too_long(flow, options)) {
    outputs_.pop_back();
    fail_locally(id, client_request(entries_.at(id).machine), 513);
    abandon(ClientId{id});
  }
  return ClientId{id};
}

// Of the request that a machine has just begun with.
bool TransactionLayer::is_too_long(const Flow& flow, const SendOptions& options) const {
  return options.max_datagram_bytes && !is_reliable(flow.transport) &&
         std::get<Transmit>(outputs_.back()).bytes.size() > *options.max_datagram_bytes;
}

std::optional<ClientId> TransactionLayer::cancel(ClientId invite, std::string reason, Time now) {
  const auto found = entries_.find(std::to_underlying(invite));
  if (found == entries_.end()) return std::nullopt;
  const Request& original = std::get<InviteClient>(found->second.machine).request();
  Request request;
  request.method = Method::Cancel;
  request.uri = original.uri;
  request.headers.via = original.headers.via;
  request.headers.from = original.headers.from;
  request.headers.to = original.headers.to;
  request.headers.call_id = original.headers.call_id;
  request.headers.cseq = {original.headers.cseq.number, Method::Cancel, {}};
  request.headers.max_forwards = 70;
  request.headers.route = original.headers.route;
  request.headers.user_agent = original.headers.user_agent;
  request.headers.reason = std::move(reason);
  const Flow flow = found->second.flow;
  std::string key = client_key(request.headers);
  const std::uint64_t id = add(
      {.machine = NonInviteClient(std::move(request), reliability(flow.transport), timers_, now),
       .flow = flow,
       .key = std::move(key),
       .merge_key = {},
       .bytes = 0},
      true);
  settle(id);
  return ClientId{id};
}

void TransactionLayer::abandon(ClientId id) {
  const auto found = entries_.find(std::to_underlying(id));
  if (found == entries_.end()) return;
  erase(found->first);
  outputs_.push_back(ClientTerminated{id});
}

void TransactionLayer::respond(ServerId id, const Response& response, Time now) {
  const auto found = entries_.find(std::to_underlying(id));
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (auto* invite = std::get_if<InviteServer>(&entry.machine)) {
    invite->respond(response, now);
    set_bytes(entry, heap_bytes(invite->request()) + heap_bytes(response));
  } else {
    std::get<NonInviteServer>(entry.machine).respond(response, now);
    set_bytes(entry, heap_bytes(response));
  }
  settle(std::to_underlying(id));
}

void TransactionLayer::move(ServerId id, const Flow& flow) {
  const auto found = entries_.find(std::to_underlying(id));
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  unindex(found->first, entry);
  entry.flow = flow;
  entry.key = server_key(flow, std::get<InviteServer>(entry.machine).request());
  servers_.try_emplace(entry.key, found->first);
}

const Request& TransactionLayer::request(ServerId invite) const {
  return std::get<InviteServer>(entries_.at(std::to_underlying(invite)).machine).request();
}

// ---- machines ----

std::uint64_t TransactionLayer::add(Entry entry, bool client) {
  const std::uint64_t id = ++last_id_;
  set_bytes(entry, std::exchange(entry.bytes, 0));
  bytes_ += kEntryBytes;
  (client ? clients_ : servers_).insert_or_assign(entry.key, id);
  if (!entry.merge_key.empty()) merges_.insert_or_assign(entry.merge_key, id);
  entries_.emplace(id, std::move(entry));
  return id;
}

void TransactionLayer::settle(std::uint64_t id) {
  Entry& entry = entries_.at(id);
  bool done = false;
  const auto poll = [&] {
    return std::visit([](auto& machine) { return machine.poll_output(); }, entry.machine);
  };
  while (auto output = poll()) {
    done = done || std::holds_alternative<Terminated>(*output);
    forward(id, entry, std::move(*output));
  }
  if (!done) {
    deadlines_.set(
        id, std::visit([](const auto& machine) { return machine.next_timeout(); }, entry.machine));
    return;
  }
  erase(id);
}

void TransactionLayer::unindex(std::uint64_t id, const Entry& entry) {
  auto& index = is_client(entry.machine) ? clients_ : servers_;
  // After a move, a transaction of the new connection may have had the key already.
  const auto known = index.find(entry.key);
  if (known != index.end() && known->second == id) index.erase(known);
}

void TransactionLayer::erase(std::uint64_t id) {
  const auto found = entries_.find(id);
  unindex(id, found->second);
  if (!found->second.merge_key.empty()) merges_.erase(found->second.merge_key);
  deadlines_.set(id, std::nullopt);
  set_bytes(found->second, 0);
  bytes_ -= kEntryBytes;
  entries_.erase(found);
}

void TransactionLayer::set_bytes(Entry& entry, std::size_t bytes) {
  bytes_ += bytes - entry.bytes;
  entry.bytes = bytes;
}

void TransactionLayer::forward(std::uint64_t id, Entry& entry, TransactionOutput output) {
  const bool client = is_client(entry.machine);
  std::visit(Overloaded{
                 [&](Send& send) {
                   if (in_timeout_) ++retransmissions_;
                   Transmit made = make_transmit(entry.flow, std::move(send.message));
                   if (!client) entry.answer_bytes = made.bytes.size();
                   outputs_.push_back(std::move(made));
                 },
                 [&](ResponseReceived& received) {
                   outputs_.push_back(ResponseArrived{ClientId{id}, std::move(received.response)});
                 },
                 [&](RequestReceived& received) {
                   outputs_.push_back(AckArrived{entry.flow, std::move(received.request)});
                 },
                 // A server's timer H changes nothing: the session was over with the refusal.
                 [&](TimedOut&) {
                   if (client) fail_locally(id, client_request(entry.machine), 408);
                 },
                 [&](TransportFailed&) { fail_locally(id, client_request(entry.machine), 503); },
                 [&](Terminated&) {
                   if (client) outputs_.push_back(ClientTerminated{ClientId{id}});
                 },
             },
             output);
}

void TransactionLayer::fail_locally(std::uint64_t id, const Request& request,
                                    std::uint16_t status) {
  outputs_.push_back(ResponseArrived{ClientId{id}, make_response(request, status, {}), true});
}

}  // namespace offhook::sip
