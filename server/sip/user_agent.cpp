#include "sip/user_agent.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "sip/user_agent_impl.hpp"

namespace offhook::sip {

UserAgent::Impl::Impl(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      layer_(config_.timers, {.per_source = config_.per_source}, random) {}

void UserAgent::Impl::handle(const Flow& flow, Result<Message, ParseError> message,
                             std::size_t bytes, Time now, std::string source) {
  if (source.empty()) source = source_of(flow);
  TransactionLayer::Arrival arrival{.source = std::move(source), .bytes = bytes};
  if (message) {
    if (const auto* request = std::get_if<Request>(&*message)) {
      arrival.in_dialog = !request->headers.to.tag().empty() && find_by_dialog(*request) != nullptr;
    }
    layer_.handle(flow, *message, now, arrival);
  } else if (message.error().answer) {
    layer_.answer_statelessly(flow, std::move(*message.error().answer), now, arrival);
  }
  drain(now);
}

void UserAgent::Impl::handle_flow_lost(const Flow& flow, Time now) {
  layer_.handle_flow_lost(flow);
  drain(now);
}

void UserAgent::Impl::handle_undelivered(const Flow& flow, std::string_view quoted, Time now) {
  layer_.handle_undelivered(flow, quoted);
  drain(now);
}

void UserAgent::Impl::handle_timeout(Time now) {
  layer_.handle_timeout(now);
  drain(now);
  while (const auto id = deadlines_.take_due(now)) {
    on_session_timeout(sessions_.at(*id), now);
    drain(now);
  }
}

std::optional<UserAgentOutput> UserAgent::Impl::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  UserAgentOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> UserAgent::Impl::next_timeout() const {
  return earliest(layer_.next_timeout(), deadlines_.next());
}

std::string UserAgent::Impl::call_id(SessionId id) const {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return {};
  if (session->second.dialog) return session->second.dialog->id().call_id;
  const auto& invite = session->second.invite;
  return invite ? own_requests_.at(*invite).request.headers.call_id : std::string();
}

TransactionId UserAgent::Impl::send_request(const Flow& flow, Request request, Time now) {
  if (!request.headers.max_forwards) request.headers.max_forwards = 70;
  if (request.headers.user_agent.empty()) request.headers.user_agent = config_.user_agent;
  const ClientId id = layer_.send(flow, std::move(request), now);
  drain(now);
  return TransactionId{std::to_underlying(id)};
}

void UserAgent::Impl::respond(RequestId id, Response response, Time now) {
  if (response.headers.server.empty()) response.headers.server = config_.user_agent;
  note_refer_answer(ServerId{std::to_underlying(id)}, response, now);
  layer_.respond(ServerId{std::to_underlying(id)}, response, now);
  drain(now);
}

void UserAgent::Impl::update_flow(SessionId id, const Flow& flow) {
  Session* session = find(id);
  if (session == nullptr) return;
  session->flow = flow;
  if (session->unanswered && !session->update) layer_.move(*session->unanswered, flow);
  if (session->unacknowledged) layer_.move(session->unacknowledged->transaction, flow);
}

void UserAgent::Impl::drain(Time now) {
  while (auto output = layer_.poll_output()) {
    std::visit(
        Overloaded{
            [&](TransactionLayer::Transmit& send) {
              emit(SendMessage{send.flow, std::move(send.bytes), std::move(send.message)});
            },
            [&](TransactionLayer::RequestArrived& request) { on_request(request, now); },
            [&](TransactionLayer::AckArrived& ack) { on_ack(ack, now); },
            [&](TransactionLayer::ResponseArrived& response) { on_response(response, now); },
            [&](TransactionLayer::ClientTerminated& ended) { on_client_terminated(ended.id); },
        },
        *output);
  }
}

void UserAgent::Impl::transmit(const Flow& flow, Message message) {
  std::string bytes = serialize(message);
  emit(SendMessage{flow, std::move(bytes), std::move(message)});
}

Session& UserAgent::Impl::add_session(Session session) {
  session.id = SessionId{++last_session_};
  ++visible_;
  const SessionId id = session.id;
  return sessions_.emplace(id, std::move(session)).first->second;
}

Session* UserAgent::Impl::find(SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void UserAgent::Impl::hide(Session& session) {
  OFFHOOK_ASSERT(session.visible && visible_ > 0);
  session.visible = false;
  --visible_;
}

void UserAgent::Impl::settle(Session& session) {
  if (session.state == Session::State::Over) session.unacknowledged.reset();  // nobody waits for it
  if (!session.quiet()) {
    // Something will bring it on, or it would stay for ever.
    OFFHOOK_ASSERT(session.visible || session.client_transactions > 0 || session.unacknowledged);
    deadlines_.set(session.id, session.next_timeout());
    return;
  }
  OFFHOOK_ASSERT(!session.their_refer.unanswered);
  deadlines_.set(session.id, std::nullopt);
  if (session.dialog) dialogs_.erase(session.dialog->id());
  forget_early_dialogs(session);
  sessions_.erase(session.id);
  OFFHOOK_ASSERT(dialogs_.size() <= sessions_.size() * (1 + limits::kSipForks));
  OFFHOOK_ASSERT(visible_ <= sessions_.size());
}

// ---- the public face ----

UserAgent::UserAgent(Config config, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), random)) {}
UserAgent::~UserAgent() = default;

void UserAgent::handle(const Flow& flow, std::string_view bytes, Time now, std::string source) {
  impl_->handle(flow, parse_message(bytes), bytes.size(), now, std::move(source));
}
void UserAgent::handle(const Flow& flow, Result<Message, ParseError> message, std::size_t bytes,
                       Time now, std::string source) {
  impl_->handle(flow, std::move(message), bytes, now, std::move(source));
}
void UserAgent::handle_flow_lost(const Flow& flow, Time now) { impl_->handle_flow_lost(flow, now); }
void UserAgent::handle_undelivered(const Flow& flow, std::string_view quoted, Time now) {
  impl_->handle_undelivered(flow, quoted, now);
}
void UserAgent::handle_timeout(Time now) { impl_->handle_timeout(now); }
std::optional<UserAgentOutput> UserAgent::poll_output() { return impl_->poll_output(); }
std::optional<Time> UserAgent::next_timeout() const { return impl_->next_timeout(); }

SessionId UserAgent::invite(InviteRequest request, Time now) {
  return impl_->invite(std::move(request), now);
}
void UserAgent::ring(SessionId session, const Identity& identity, Time now) {
  impl_->ring(session, identity, now);
}
void UserAgent::progress(SessionId session, const Identity& identity, std::string sdp, Time now) {
  impl_->progress(session, identity, std::move(sdp), now);
}
void UserAgent::accept(SessionId session, const Identity& identity, std::string sdp, Time now) {
  impl_->accept(session, identity, std::move(sdp), now);
}
void UserAgent::reject(SessionId session, std::uint16_t status, std::string_view reason, Time now) {
  impl_->reject(session, status, reason, now);
}
void UserAgent::hang_up(SessionId session, std::string_view reason, Time now) {
  impl_->hang_up(session, reason, now);
}
void UserAgent::update_flow(SessionId session, const Flow& flow) {
  impl_->update_flow(session, flow);
}
std::size_t UserAgent::session_count() const { return impl_->session_count(); }
std::string UserAgent::call_id(SessionId session) const { return impl_->call_id(session); }
std::size_t UserAgent::transaction_count() const { return impl_->transaction_count(); }

std::uint64_t UserAgent::retransmissions() const { return impl_->retransmissions(); }
std::uint64_t UserAgent::shed() const { return impl_->shed(); }

TransactionId UserAgent::send_request(const Flow& flow, Request request, Time now) {
  return impl_->send_request(flow, std::move(request), now);
}
void UserAgent::respond(RequestId id, Response response, Time now) {
  impl_->respond(id, std::move(response), now);
}

}  // namespace offhook::sip
