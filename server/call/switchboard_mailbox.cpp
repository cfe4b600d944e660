#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "call/switchboard_impl.hpp"

// Message waiting (RFC 3842): what a trunk says of an account's voice mail, told to the user's
// devices. Both without a subscription, as Asterisk does it and browsers are used to: the provider
// says it after each registration, we after each of a device.
namespace offhook::call {

void Switchboard::Impl::mailbox_changed(const sip::RequestArrived& arrived, Time now) {
  const std::uint16_t status = take_summary(arrived, now);
  auto response = sip::make_response(arrived.request, status, random_.hex(8));
  if (status == 415) response.headers.accept = {std::string(sip::kMessageSummaryType)};
  agent_.respond(arrived.id, std::move(response), now);
}

// The status of the answer.
std::uint16_t Switchboard::Impl::take_summary(const sip::RequestArrived& arrived, Time now) {
  const sip::Request& request = arrived.request;
  Trunk* trunk = called_trunk(arrived.flow, request);
  if (trunk == nullptr) return 481;      // nobody here awaits it (RFC 6665 4.1.3)
  if (request.body.empty()) return 200;  // nothing is said (RFC 6665 4.2.2), e.g. at its end
  std::string_view type = request.headers.content_type;
  if (!equals_ignoring_case(trim(take_until(type, ';')), sip::kMessageSummaryType)) return 415;
  const auto summary = sip::parse_message_summary(request.body);
  if (!summary) return 400;
  if (mailboxes_[trunk].summary == summary) return 200;
  if (!has_turn(*trunk, now)) return 503;

  mailboxes_[trunk].summary = summary;
  const auto count = summary->voice ? std::to_string(summary->voice->unheard) : "unknown";
  log(LogEvent::Level::Info, "mailbox_changed",
      {{"trunk", trunk->config().name},
       {"waiting", summary->waiting ? "yes" : "no"},
       {"new", count}});
  for (const sip::Binding& device : registrar_.bindings(trunk->config().user)) {
    tell_of_mailbox(device, now);
  }
  return 200;
}

// In our own words, of all trunks of the user together.
void Switchboard::Impl::tell_of_mailbox(const sip::Binding& device, Time now) {
  std::optional<sip::MessageSummary> all;
  for (const auto& [trunk, mailbox] : mailboxes_) {
    if (trunk->config().user != device.user || !mailbox.summary) continue;
    all = all ? sip::together(*all, *mailbox.summary) : *mailbox.summary;
  }
  if (!all) return;
  sip::NameAddress us;
  us.uri = user_uri(device.user);
  sip::Request request = request_to(device, sip::Method::Notify, us);
  sip::Headers& headers = request.headers;
  us.uri.parameters.set("transport", "ws");
  headers.contact = {std::move(us)};
  headers.event = sip::kMessageSummaryEvent;
  headers.subscription_state = "active";
  headers.content_type = sip::kMessageSummaryType;
  request.body = sip::to_string(*all);
  // Its answer is of no interest: a device that has missed it registers again.
  (void)agent_.send_request(device.flow, std::move(request), now);
}

bool Switchboard::Impl::has_turn(Trunk& trunk, Time now) {
  std::deque<Time>& begun = mailboxes_[&trunk].begun;
  while (!begun.empty() && begun.front() + std::chrono::minutes(1) <= now) begun.pop_front();
  if (begun.size() >= limits::kTextsAMinute) return false;
  begun.push_back(now);
  return true;
}

sip::Request Switchboard::Impl::request_to(const sip::Binding& device, sip::Method method,
                                           sip::NameAddress from) {
  sip::Request request;
  request.method = method;
  request.uri = device.contact.uri;
  sip::Headers& headers = request.headers;
  headers.via.emplace_back().host = config_.sip_domain;
  headers.from = std::move(from);
  headers.from.set_tag(random_.hex(8));
  headers.to.uri = user_uri(device.user);
  headers.call_id = random_.hex(16);
  headers.cseq = {1, method, {}};
  headers.max_forwards = std::uint8_t{70};
  return request;
}

}  // namespace offhook::call
