#include <string>
#include <utility>

#include "provider/provider_impl.hpp"

// Who may do what: REGISTER, INVITE and MESSAGE are challenged with 401, never 407.
namespace offhook::provider {

void Provider::Impl::on_request(const sip::RequestArrived& arrived, Time now) {
  const sip::Method method = arrived.request.method;
  if (method != sip::Method::Register && method != sip::Method::Message) {
    respond(arrived, 501, now);
    return;
  }
  const auto verdict = authenticator_.check(arrived.request, now);
  switch (verdict.outcome) {
    case Authenticator::Outcome::Challenge: {
      auto response = sip::make_response(arrived.request, 401, "as" + random_.hex(4));
      response.headers.www_authenticate = {verdict.challenge};
      agent_.respond(arrived.id, std::move(response), now);
      return;
    }
    case Authenticator::Outcome::Wrong:
      log("wrong credentials from " + arrived.flow.remote.to_string());
      respond(arrived, 403, now);
      return;
    case Authenticator::Outcome::Right:
      break;
  }
  if (method == sip::Method::Message) {
    respond(arrived, 200, now);
  } else {
    on_register(arrived, *verdict.account, now);
  }
}

void Provider::Impl::on_register(const sip::RequestArrived& arrived, const Account& account,
                                 Time now) {
  if (arrived.request.headers.to.uri.user != account.username) {
    respond(arrived, 403, now);
    return;
  }
  auto response = sip::make_response(arrived.request, 200, "as" + random_.hex(4));
  if (!bindings_.handle(account.username, arrived.flow, arrived.request.headers, response.headers,
                        now)) {
    respond(arrived, 400, now);
    return;
  }
  log(account.username + (response.headers.contact.empty() ? " is not registered" : " registered") +
      ", " + arrived.flow.remote.to_string());
  agent_.respond(arrived.id, std::move(response), now);
}

void Provider::Impl::respond(const sip::RequestArrived& arrived, std::uint16_t status, Time now) {
  agent_.respond(arrived.id, sip::make_response(arrived.request, status, "as" + random_.hex(4)),
                 now);
}

void Provider::Impl::on_invite(const sip::InviteReceived& invite, Time now) {
  const auto verdict = authenticator_.check(invite.request, now);
  if (verdict.outcome == Authenticator::Outcome::Challenge) {
    agent_.challenge(invite.session, verdict.challenge, now);
    return;
  }
  if (verdict.outcome == Authenticator::Outcome::Wrong) {
    log("wrong credentials from " + invite.flow.remote.to_string());
    agent_.reject(invite.session, 403, {}, now);
    return;
  }
  const Account& account = *verdict.account;
  const std::string number = sip::safe_text(invite.request.uri.user);
  const Script script = script_for(number);
  if (const auto status = refusal_of(invite.request, account, script)) {
    log(account.username + " calls " + number + ": refused with " + std::to_string(*status));
    agent_.reject(invite.session, *status, {}, now);
    return;
  }
  log(account.username + " calls " + number);
  start(invite, account, script, now);
}

std::optional<std::uint16_t> Provider::Impl::refusal_of(const sip::Request& request,
                                                        const Account& account,
                                                        const Script& script) const {
  if (shutting_down_) return 503;
  if (request.headers.from.uri.user != account.username) return 603;
  if (account.caller_id.empty()) return 486;
  if (script.answer == Script::Answer::Refuse) return script.refusal;
  return std::nullopt;
}

}  // namespace offhook::provider
