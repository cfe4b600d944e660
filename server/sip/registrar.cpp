#include "sip/registrar.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

Response answer(const Request& request, std::uint16_t status, std::string_view phrase = {}) {
  return make_response(request, status, stateless_tag(request.headers), phrase);
}

std::string instance_of(const NameAddress& contact) {
  const auto instance = contact.parameters.get("+sip.instance");
  return instance ? std::string(*instance) : contact.uri.to_string();
}

}  // namespace

Response Registrar::handle_register(const Request& request, const Flow& flow, std::string_view user,
                                    Time now) {
  handle_timeout(now);
  const Headers& headers = request.headers;
  if (!headers.require.empty()) {
    Response response = answer(request, 420);
    response.headers.unsupported = headers.require;
    return response;
  }
  if (user.empty() || headers.to.uri.user != user) {
    return answer(request, 403, "Not Your Address");
  }
  if (headers.contact_is_star) return remove_all(request, user, now);
  if (headers.contact.size() > 1) return answer(request, 400, "More Than One Contact");
  if (!headers.contact.empty()) return update(request, flow, user, now);
  return bindings_response(request, user, now);
}

Response Registrar::remove_all(const Request& request, std::string_view user, Time now) {
  if (request.headers.expires != 0s) return answer(request, 400, "Contact * Needs Expires 0");
  for (const Record* record : records_of(user)) {
    remove(records_.find({record->binding.user, record->binding.instance}));
  }
  return bindings_response(request, user, now);
}

Response Registrar::update(const Request& request, const Flow& flow, std::string_view user,
                           Time now) {
  const Headers& headers = request.headers;
  const NameAddress& contact = headers.contact.front();
  const Key key{std::string(user), instance_of(contact)};
  if (key.second.size() > limits::kSipInstanceBytes)
    return answer(request, 400, "Instance Too Long");
  const auto known = records_.find(key);
  // RFC 3261 10.3 step 7: an update that was overtaken by a newer one of the same client changes
  // nothing.
  if (known != records_.end() && known->second.call_id == headers.call_id &&
      known->second.cseq >= headers.cseq.number) {
    return answer(request, 500, "CSeq Out Of Order");
  }
  const auto expires = requested_expires(request);
  if (expires == 0s) {
    // A page that is reloaded says goodbye over its old connection, maybe after it said hello over
    // the new one.
    const bool has_moved =
        known != records_.end() && known->second.reachable && known->second.binding.flow != flow;
    if (known != records_.end() && !has_moved) remove(known);
    return bindings_response(request, user, now);
  }
  if (expires < config_.min_expires) {
    Response response = answer(request, 423);
    response.headers.min_expires = config_.min_expires;
    return response;
  }
  if (known == records_.end() && !make_room(user)) return answer(request, 403, "Too Many Devices");
  bind({.binding = {key.first, key.second, contact, flow,
                    now + std::min(expires, config_.max_expires)},
        .reachable = true,
        .flow_order = 0,
        .call_id = headers.call_id,
        .cseq = headers.cseq.number});
  return bindings_response(request, user, now);
}

// RFC 3261 10.3 step 6: the Contact's own expiry, else the message's; what is malformed counts as
// absent.
std::chrono::seconds Registrar::requested_expires(const Request& request) const {
  if (const auto own = request.headers.contact.front().parameters.get("expires")) {
    const auto seconds = parse_decimal<std::uint32_t>(*own);
    return seconds ? std::chrono::seconds(*seconds) : config_.max_expires;
  }
  return request.headers.expires.value_or(config_.max_expires);
}

// Pages that are gone without unregistering must not keep their user out: the oldest of them goes
// first.
bool Registrar::make_room(std::string_view user) {
  const auto records = records_of(user);
  if (records.size() < config_.max_devices_per_user) return true;
  const Record* oldest = nullptr;
  for (const Record* record : records) {
    if (!record->reachable && (oldest == nullptr || record->flow_order < oldest->flow_order))
      oldest = record;
  }
  if (oldest == nullptr) return false;
  remove(records_.find({oldest->binding.user, oldest->binding.instance}));
  return true;
}

void Registrar::bind(Record record) {
  const Key key{record.binding.user, record.binding.instance};
  const Flow& flow = record.binding.flow;
  if (const auto other = by_flow_.find(flow); other != by_flow_.end() && other->second != key) {
    remove(records_.find(other->second));
  }
  if (const auto known = records_.find(key); known != records_.end()) {
    const Record& old = known->second;
    const bool same_flow = old.reachable && old.binding.flow == flow;
    record.flow_order = same_flow ? old.flow_order : ++flows_seen_;
    if (old.reachable) by_flow_.erase(old.binding.flow);
  } else {
    record.flow_order = ++flows_seen_;
  }
  by_flow_[flow] = key;
  deadlines_.set(key, record.binding.expires_at);
  records_[key] = std::move(record);
}

void Registrar::remove(Records::iterator record) {
  if (record->second.reachable) by_flow_.erase(record->second.binding.flow);
  deadlines_.set(record->first, std::nullopt);
  records_.erase(record);
}

void Registrar::handle_flow_lost(const Flow& flow, Time) {
  const auto found = by_flow_.find(flow);
  if (found == by_flow_.end()) return;
  records_.at(found->second).reachable = false;
  by_flow_.erase(found);
}

void Registrar::handle_timeout(Time now) {
  while (const auto key = deadlines_.take_due(now)) remove(records_.find(*key));
}

std::vector<const Registrar::Record*> Registrar::records_of(std::string_view user) const {
  std::vector<const Record*> found;
  for (auto at = records_.lower_bound({std::string(user), ""});
       at != records_.end() && at->first.first == user; ++at) {
    found.push_back(&at->second);
  }
  std::ranges::sort(found, std::greater{}, &Record::flow_order);
  return found;
}

// RFC 3261 10.3 step 8: all bindings of the user, with the time that each has left.
Response Registrar::bindings_response(const Request& request, std::string_view user,
                                      Time now) const {
  Response response = answer(request, 200);
  for (const Record* record : records_of(user)) {
    NameAddress contact = record->binding.contact;
    const auto left = std::chrono::ceil<std::chrono::seconds>(record->binding.expires_at - now);
    contact.parameters.set("expires", std::to_string(left.count()));
    response.headers.contact.push_back(std::move(contact));
  }
  return response;
}

std::vector<Binding> Registrar::bindings(std::string_view user) const {
  std::vector<Binding> found;
  for (const Record* record : records_of(user)) {
    if (record->reachable) found.push_back(record->binding);
  }
  return found;
}

std::optional<Binding> Registrar::device(const Flow& flow) const {
  const auto found = by_flow_.find(flow);
  if (found == by_flow_.end()) return std::nullopt;
  return records_.at(found->second).binding;
}

std::optional<Binding> Registrar::device(std::string_view user, std::string_view instance) const {
  const auto found = records_.find({std::string(user), std::string(instance)});
  if (found == records_.end() || !found->second.reachable) return std::nullopt;
  return found->second.binding;
}

}  // namespace offhook::sip
