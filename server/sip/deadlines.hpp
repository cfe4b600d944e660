#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.hpp"

namespace offhook::sip {

// One deadline for each of many machines; the earliest is found without looking at the others.
template <typename Id>
class Deadlines {
 public:
  // Replaces the deadline of `id`; nullopt removes it.
  void set(Id id, std::optional<Time> at) {
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
      if (known->second == at) return;
      by_time_.erase({known->second, id});
      by_id_.erase(known);
    }
    if (at) {
      by_id_.emplace(id, *at);
      by_time_.emplace(*at, id);
    }
  }

  [[nodiscard]] std::optional<Time> next() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
  }

  // Takes out the earliest machine whose deadline has come; nullopt where none has.
  [[nodiscard]] std::optional<Id> take_due(Time now) {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    Id id = by_time_.begin()->second;
    by_time_.erase(by_time_.begin());
    by_id_.erase(id);
    return id;
  }

 private:
  std::map<Id, Time> by_id_;
  std::set<std::pair<Time, Id>> by_time_;
};

}  // namespace offhook::sip
