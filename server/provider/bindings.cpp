#include "provider/bindings.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace offhook::provider {
namespace {

// What the contact asks for, else the request (RFC 3261 10.3).
std::chrono::seconds wanted_expires(const sip::NameAddress& contact, const sip::Headers& request) {
  if (const auto text = contact.parameters.get("expires")) {
    if (const auto seconds = parse_decimal<std::uint32_t>(*text)) {
      return std::chrono::seconds(*seconds);
    }
  }
  return request.expires.value_or(Bindings::kDefaultExpires);
}

}  // namespace

bool Bindings::handle(std::string_view account, const sip::Flow& flow, const sip::Headers& request,
                      sip::Headers& answer, Time now) {
  if (request.contact_is_star) {
    if (request.expires != std::chrono::seconds(0)) return false;  // RFC 3261 10.3 step 6
    bindings_.erase(std::string(account));
    return true;
  }
  if (!request.contact.empty()) {
    const sip::NameAddress& contact = request.contact.back();
    const auto wanted = wanted_expires(contact, request);
    if (wanted == std::chrono::seconds(0)) {
      bindings_.erase(std::string(account));
      return true;
    }
    bindings_[std::string(account)] = {
        .contact = contact.uri,
        .flow = flow,
        .expires_at = now + std::clamp(wanted, kMinExpires, kMaxExpires)};
  }
  const Binding* binding = find(account);
  if (binding == nullptr) return true;
  const auto left = std::chrono::floor<std::chrono::seconds>(binding->expires_at - now);
  sip::NameAddress contact;
  contact.uri = binding->contact;
  contact.parameters.set("expires", std::to_string(left.count()));
  answer.contact = {contact};
  answer.expires = left;
  return true;
}

void Bindings::handle_flow_lost(const sip::Flow& flow) {
  std::erase_if(bindings_, [&](const auto& entry) { return entry.second.flow == flow; });
}

void Bindings::handle_timeout(Time now) {
  std::erase_if(bindings_, [now](const auto& entry) { return entry.second.expires_at <= now; });
}

std::optional<Time> Bindings::next_timeout() const {
  std::optional<Time> next;
  for (const auto& [account, binding] : bindings_) next = earliest(next, binding.expires_at);
  return next;
}

const Binding* Bindings::find(std::string_view account) const {
  const auto found = bindings_.find(account);
  return found == bindings_.end() ? nullptr : &found->second;
}

}  // namespace offhook::provider
