#include "call/sip_trace.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "sip/redact.hpp"

namespace offhook::call {
namespace {

std::size_t size_of(const TracedMessage& message) {
  return sizeof message + message.summary.size() + message.text.size();
}

// An INVITE without a To-tag: it begins a dialog (RFC 3261 12.1).
const sip::Request* dialling(const sip::Message& message) {
  const auto* request = std::get_if<sip::Request>(&message);
  const bool begins = request != nullptr && request->method == sip::Method::Invite &&
                      request->headers.to.tag().empty();
  return begins ? request : nullptr;
}

}  // namespace

bool SipTrace::begins(std::string_view user, const sip::Message& message) const {
  const sip::Request* invite = dialling(message);
  if (invite == nullptr) return false;
  const auto known = conversations_.find(Key(user, invite->headers.call_id));
  // A caller may try again with the same Call-ID (RFC 3261 8.1.3.5), but with a new CSeq.
  return known == conversations_.end() ||
         (known->second.cseq && *known->second.cseq != invite->headers.cseq.number);
}

void SipTrace::begin(CallId id, std::string_view user, const sip::Message& message, Time now) {
  const sip::Headers& headers = sip::headers_of(message);
  CallTrace& trace = calls_[id];
  trace.id = id;
  trace.started_at = now;
  trace.direction = user.empty() ? Direction::Inbound : Direction::Outbound;
  join(id, user, headers.call_id);
  conversations_.at(Key(user, headers.call_id)).cseq = headers.cseq.number;
  refused_.push_back(id);
  if (refused_.size() > limits::kTracedRefusals) forget(refused_.front());
}

std::optional<CallId> SipTrace::undescribed(std::string_view user, std::string_view call_id) const {
  const auto known = conversations_.find(Key(user, call_id));
  if (known == conversations_.end()) return std::nullopt;
  const CallTrace& trace = calls_.at(known->second.call);
  const bool is_open = trace.user.empty() && !trace.ended;
  return is_open ? std::optional(trace.id) : std::nullopt;
}

void SipTrace::describe(CallId id, std::string_view user, std::string_view trunk,
                        std::string_view number) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  std::erase(refused_, id);
  found->second.user = user;
  found->second.trunk = trunk;
  found->second.number = number;
}

void SipTrace::join(CallId id, std::string_view user, std::string_view call_id) {
  if (!calls_.contains(id)) return;
  Key key(user, call_id);
  const auto known = conversations_.find(key);
  if (known != conversations_.end()) {
    if (known->second.call == id) return;
    std::erase(keys_[known->second.call], key);
  }
  conversations_.insert_or_assign(key, Conversation{id, std::nullopt});
  keys_[id].push_back(std::move(key));
}

void SipTrace::follow_registration(std::string_view trunk, std::string_view call_id) {
  std::erase_if(registering_, [&](const auto& known) { return known.second == trunk; });
  registering_.insert_or_assign(std::string(call_id), std::string(trunk));
}

void SipTrace::add(std::string_view user, const sip::Flow& flow, const sip::Message& message,
                   bool sent, Time now) {
  const sip::Headers& headers = sip::headers_of(message);
  const bool registers = user.empty() && headers.cseq.method == sip::Method::Register &&
                         registering_.contains(headers.call_id);
  const auto known = conversations_.find(Key(user, headers.call_id));
  if (!registers && known == conversations_.end()) return;
  TracedMessage traced{.at = now,
                       .sent = sent,
                       .browser = !user.empty(),
                       .flow = flow,
                       .summary = sip::summary(message),
                       .text = sip::redact(message)};
  if (registers) return add_to_registration(std::move(traced), headers.call_id);

  CallTrace& trace = calls_.at(known->second.call);
  note_refusal(trace, message, sent);
  if (trace.messages.size() >= limits::kTraceMessages) {
    const auto middle = trace.messages.begin() + limits::kTraceMessages / 2;
    bytes_ -= size_of(*middle);
    trace.messages.erase(middle);
    ++trace.left_out;
  }
  bytes_ += size_of(traced);
  trace.messages.push_back(std::move(traced));
  make_room();
}

// What the user agent refuses by itself never becomes a call.
void SipTrace::note_refusal(CallTrace& trace, const sip::Message& message, bool sent) {
  const auto* response = std::get_if<sip::Response>(&message);
  if (response == nullptr || !sent || response->status < 300 || trace.ended ||
      !trace.user.empty() || response->headers.cseq.method != sip::Method::Invite) {
    return;
  }
  trace.ended = CallEnded{.id = trace.id,
                          .direction = trace.direction,
                          .user = {},
                          .trunk = {},
                          .remote_number = {},
                          .outcome = Outcome::Failed,
                          .failure = {},
                          .sip_status = response->status};
}

void SipTrace::add_to_registration(TracedMessage message, std::string_view call_id) {
  auto& messages = registrations_[registering_.find(call_id)->second];
  if (messages.size() >= limits::kTraceRegisterMessages) messages.pop_front();
  messages.push_back(std::move(message));
}

void SipTrace::end(const CallEnded& ended) {
  const auto found = calls_.find(ended.id);
  if (found == calls_.end()) return;
  CallTrace& trace = found->second;
  trace.user = ended.user;
  trace.trunk = ended.trunk;
  trace.number = ended.remote_number;
  trace.ended = ended;
  if (std::ranges::count(refused_, ended.id) > 0) return;
  over_.push_back(ended.id);
  if (over_.size() > limits::kTracedCalls) forget(over_.front());
}

// The oldest that are over, then the oldest refusals (the last of which may yet become a call), then
// the oldest call.
void SipTrace::make_room() {
  while (bytes_ > max_bytes_) {
    forget(!over_.empty()        ? over_.front()
           : refused_.size() > 1 ? refused_.front()
                                 : calls_.begin()->first);
  }
}

void SipTrace::forget(CallId id) {
  for (const TracedMessage& message : calls_.at(id).messages) bytes_ -= size_of(message);
  for (const Key& key : keys_[id]) conversations_.erase(key);
  keys_.erase(id);
  calls_.erase(id);
  std::erase(over_, id);
  std::erase(refused_, id);
}

const CallTrace* SipTrace::find(CallId id) const {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

}  // namespace offhook::call
