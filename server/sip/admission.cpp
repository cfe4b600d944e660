#include "sip/admission.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/bytes.hpp"

namespace offhook::sip {
namespace {

bool take(Time& whole_at, std::size_t amount, std::size_t per_second, std::size_t at_once,
          Time now) {
  const auto time_for = [&](std::size_t units) {
    return Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(units) /
           static_cast<std::int64_t>(per_second);
  };
  if (amount > at_once) return false;
  const Time after = std::max(whole_at, now) + time_for(amount);
  if (after > now + time_for(at_once)) return false;
  whole_at = after;
  return true;
}

}  // namespace

bool Admission::admit(std::string_view source, Time now) {
  return take(find(source, now).requests_whole_at, 1, budget_.requests_per_second,
              budget_.requests_at_once, now);
}

bool Admission::may_send(std::string_view source, std::size_t bytes, Time now) {
  return take(find(source, now).bytes_whole_at, bytes, budget_.bytes_per_second,
              budget_.bytes_at_once, now);
}

Admission::Source& Admission::find(std::string_view key, Time now) {
  if (const auto known = by_key_.find(std::string(key)); known != by_key_.end()) {
    sources_.splice(sources_.end(), sources_, known->second);
    return sources_.back();
  }
  if (sources_.size() >= budget_.sources) {
    const Source& oldest = sources_.front();
    if (oldest.requests_whole_at > now || oldest.bytes_whole_at > now) return newcomers_;
    by_key_.erase(oldest.key);
    sources_.pop_front();
  }
  sources_.push_back({.key = std::string(key)});
  by_key_.emplace(key, std::prev(sources_.end()));
  return sources_.back();
}

std::string source_of(const Flow& flow) {
  if (flow.transport == Transport::Ws || flow.transport == Transport::Wss) {
    return "connection " + std::to_string(flow.connection);
  }
  return std::string(as_text(flow.remote.address.network().bytes()));
}

}  // namespace offhook::sip
