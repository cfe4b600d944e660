#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "sip/session_digest.hpp"
#include "sip/user_agent_impl.hpp"

// Where an arriving request or response belongs, and what is answered without asking anybody (RFC
// 3261 8.2).
namespace offhook::sip {
namespace {

constexpr std::array kAllowedMethods{Method::Invite,  Method::Ack,  Method::Cancel, Method::Bye,
                                     Method::Options, Method::Info, Method::Update, Method::Notify};
constexpr std::string_view kSdpType = "application/sdp";

// 501 is for methods that we have never heard of, 405 for those that we have (RFC 3261 21.5.2, 8.2.1).
std::optional<std::uint16_t> refusal_of(Method method, bool takes_prack) {
  if (method == Method::Unknown) return 501;
  if (method == Method::Prack && !takes_prack) return 405;
  return std::nullopt;
}

// Whether an answer with SDP is wanted; without Accept it is (RFC 3261 20.1).
bool accepts_sdp(const Request& request) {
  const auto& accept = request.headers.accept;
  return accept.empty() || std::ranges::any_of(accept, [](std::string_view range) {
           const auto type = trim(take_until(range, ';'));
           return equals_ignoring_case(type, kSdpType) ||
                  equals_ignoring_case(type, "application/*") || type == "*/*";
         });
}

bool holds_sdp_or_nothing(const Request& request) {
  std::string_view type = request.headers.content_type;
  return request.body.empty() || equals_ignoring_case(trim(take_until(type, ';')), kSdpType);
}

}  // namespace

std::vector<std::string> UserAgent::Impl::allowed_methods() const {
  std::vector<std::string> names;
  for (const Method method : kAllowedMethods) names.emplace_back(to_string(method));
  if (sends_reliably()) names.emplace_back(to_string(Method::Prack));
  if (config_.refer) names.emplace_back(to_string(Method::Refer));
  if (config_.message) names.emplace_back(to_string(Method::Message));
  return names;
}

Response UserAgent::Impl::answer(const Request& request, std::uint16_t status) {
  Response response = make_response(request, status, random_.hex(8));
  response.headers.server = config_.user_agent;
  return response;
}

void UserAgent::Impl::refuse(const TransactionLayer::RequestArrived& arrived, std::uint16_t status,
                             Time now) {
  Response response = answer(arrived.request, status);
  if (status == 405 || status == 501) response.headers.allow = allowed_methods();
  if (status == 415) response.headers.accept = {std::string(kSdpType)};
  layer_.respond(arrived.id, response, now);
}

bool UserAgent::Impl::refuse_unacceptable(const TransactionLayer::RequestArrived& arrived,
                                          Time now) {
  const Headers& headers = arrived.request.headers;
  const bool invite = arrived.request.method == Method::Invite;
  const bool offers = invite || arrived.request.method == Method::Update;
  if (const auto status = refusal_of(arrived.request.method, sends_reliably())) {
    refuse(arrived, *status, now);
    return true;
  }
  if (arrived.merged) {
    refuse(arrived, 482, now);
    return true;
  }
  // What an INVITE brings about goes on to another hop; for all else we are the end of the way, where
  // the count means nothing (RFC 4475 3.3.11).
  if (invite && headers.max_forwards == 0) {
    refuse(arrived, 483, now);
    return true;
  }
  std::vector<std::string> unsupported = headers.require;
  std::erase_if(unsupported, [known = supported(arrived.flow)](const std::string& option) {
    return std::ranges::find(known, option) != known.end();
  });
  if (!unsupported.empty()) {
    Response response = answer(arrived.request, 420);
    response.headers.unsupported = std::move(unsupported);
    layer_.respond(arrived.id, response, now);
    return true;
  }
  if (headers.replaces && !invite) {  // RFC 3891 3
    refuse(arrived, 400, now);
    return true;
  }
  if (offers && !holds_sdp_or_nothing(arrived.request)) {
    refuse(arrived, 415, now);
    return true;
  }
  if (offers && !accepts_sdp(arrived.request)) {
    refuse(arrived, 406, now);
    return true;
  }
  return false;
}

void UserAgent::Impl::on_request(const TransactionLayer::RequestArrived& arrived, Time now) {
  const Method method = arrived.request.method;
  // A CANCEL is about a request that was checked, and has no fields of its own to refuse (RFC
  // 3261 8.2.2.3, 9.2).
  if (method == Method::Cancel) {
    on_cancel(arrived, now);
  } else if (refuse_unacceptable(arrived, now)) {
    return;
  } else if (!arrived.request.headers.to.tag().empty() && method != Method::Register) {
    on_request_inside(arrived, now);
  } else {
    on_request_outside(arrived, now);
  }
}

void UserAgent::Impl::on_request_outside(const TransactionLayer::RequestArrived& arrived,
                                         Time now) {
  switch (arrived.request.method) {
    case Method::Invite:
      on_invite(arrived, now);
      return;
    case Method::Bye:
    case Method::Update:
    case Method::Prack:
    case Method::Info:  // they exist in dialogs only
      refuse(arrived, 481, now);
      return;
    case Method::Options:
      answer_options(arrived, now);
      return;
    default:
      emit(
          RequestArrived{RequestId{std::to_underlying(arrived.id)}, arrived.flow, arrived.request});
      return;
  }
}

void UserAgent::Impl::answer_options(const TransactionLayer::RequestArrived& arrived, Time now) {
  Response response = answer(arrived.request, 200);
  response.headers.allow = allowed_methods();
  response.headers.accept = {std::string(kSdpType)};
  response.headers.supported = supported(arrived.flow);
  layer_.respond(arrived.id, response, now);
}

std::vector<std::string> UserAgent::Impl::supported(const Flow& flow) const {
  std::vector<std::string> options = extensions(flow);
  if (timer_for(flow)) options.emplace_back("timer");
  return options;
}

void UserAgent::Impl::on_response(const TransactionLayer::ResponseArrived& arrived, Time now) {
  const auto known = own_requests_.find(arrived.id);
  if (known == own_requests_.end()) {
    if (!arrived.response.is_final()) return;
    emit(ResponseArrived{TransactionId{std::to_underlying(arrived.id)}, arrived.response,
                         arrived.local});
    return;
  }
  const SessionRequest sent = known->second;
  Session& session = sessions_.at(sent.session);
  if (sent.request.method == Method::Invite && !sent.request.headers.to.tag().empty()) {
    on_reinvite_response(session, sent, arrived.id, arrived.response, now);
  } else if (sent.request.method == Method::Invite) {
    on_invite_response(session, sent, arrived.id, arrived.response, arrived.local, now);
  } else if (sent.request.method == Method::Bye) {
    // Whatever else comes, the dialog is over (RFC 3261 15.1.1).
    if (auto again = answer_challenge(session, sent, arrived.response, random_)) {
      send_in_session(session, std::move(*again), now);
    }
  } else if (sent.request.method == Method::Notify) {
    on_notify_response(session, sent, arrived.id, arrived.response, now);
  } else if (sent.request.method == Method::Refer) {
    on_refer_response(session, sent, arrived.response, now);
  } else if (sent.request.method == Method::Prack) {
    on_prack_response(session, sent, arrived.response, now);
  }
  settle(session);
}

void UserAgent::Impl::on_client_terminated(ClientId id) {
  const auto known = own_requests_.find(id);
  if (known == own_requests_.end()) return;
  Session& session = sessions_.at(known->second.session);
  own_requests_.erase(known);
  --session.client_transactions;
  settle(session);
}

void UserAgent::Impl::on_session_timeout(Session& session, Time now) {
  if (is_due(session.cancel_ends_at, now)) {
    // RFC 3261 9.1: 64*T1 after the CANCEL nothing will come any more.
    session.cancel_ends_at.reset();
    layer_.abandon(*session.invite);
    session.invite.reset();
    session.state = Session::State::Over;
  }
  if (session.unacknowledged && session.unacknowledged->give_up_at <= now) {
    give_up(session, Ended::Cause::NoAck, now);
  } else if (session.unacknowledged && session.unacknowledged->retransmit_at <= now) {
    retransmit_answer(session, now);
  }
  on_reliable_timeout(session, now);
  on_subscription_timeout(session, now);
  on_timer(session, now);
  settle(session);
}

}  // namespace offhook::sip
