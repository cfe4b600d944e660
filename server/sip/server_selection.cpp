#include "sip/server_selection.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace offhook::sip {

ServerSelection::ServerSelection(Config config, Random& random)
    : config_(std::move(config)), random_(random), cache_(random), outages_(random) {
  OFFHOOK_ASSERT(!config_.servers.empty());
}

void ServerSelection::start(Time now) {
  if (started_) return;
  started_ = true;
  resolve_all(now);
  decide(now);
}

void ServerSelection::handle_answer(const DnsQuestion& question, DnsAnswer answer, Time now) {
  if (cache_.handle_answer(question, std::move(answer), now)) {
    resolve_all(now);
    decide(now);
  }
}

void ServerSelection::handle_failed(const Target& target, std::string_view reason,
                                    std::optional<std::chrono::seconds> retry_after, Time now) {
  outages_.begin(target, reason, retry_after, now);
  if (probed_ == target) probed_.reset();
  if (current_ == target) {
    current_.reset();
    cache_.refresh(now);
  }
  decide(now);
}

void ServerSelection::handle_succeeded(const Target& target, Time now) {
  outages_.end(target, now);
  if (current_ == target) {
    succeeded_ = true;
    pauses_ = 0;
  }
  if (current_ && probed_ == target) {
    const auto candidate = std::ranges::find(candidates_, target, &Candidate::target);
    probed_.reset();
    if (candidate != candidates_.end() && candidate->rank < rank_) return choose(*candidate, now);
  }
  decide(now);
}

void ServerSelection::handle_timeout(Time now) {
  cache_.handle_timeout(now);
  decide(now);
}

std::optional<ServerSelection::Output> ServerSelection::poll_output() {
  if (auto question = cache_.poll_output()) return Ask{std::move(*question)};
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Time> ServerSelection::next_timeout() const {
  return started_ ? earliest(cache_.next_timeout(), decide_at_) : std::nullopt;
}

void ServerSelection::resolve_all(Time now) {
  resolutions_.clear();
  candidates_.clear();
  bool is_ranked = false;
  cache_.begin_pass();
  for (std::size_t i = 0; i < config_.servers.size(); ++i) {
    resolutions_.push_back(resolve(config_.servers[i], config_.abilities, cache_, now));
    for (const Resolution::Candidate& found : resolutions_.back().candidates) {
      candidates_.push_back({found.target, {i, found.group}});
      if (found.target != current_ || is_ranked) continue;
      rank_ = candidates_.back().rank;
      is_ranked = true;
    }
  }
  cache_.end_pass();
}

void ServerSelection::decide(Time now) {
  decide_at_.reset();
  if (!started_) return;
  if (current_) {
    consider_return(now);
  } else {
    choose_next(now);
  }
}

// Back to what is preferred. A target that has not answered yet is on trial and is left in peace.
void ServerSelection::consider_return(Time now) {
  if (!succeeded_ || probed_) return;
  const Time earliest_return = chosen_at_ + kShortestStay;
  for (const Candidate& candidate : candidates_) {
    if (candidate.rank >= rank_) continue;
    const Outages::Outage* outage = outages_.find(candidate.target);
    const Time at = std::max(earliest_return, outage == nullptr ? now : outage->until);
    if (at <= now) return go_back(candidate, now);
    decide_at_ = earliest(decide_at_, at);
  }
}

void ServerSelection::go_back(const Candidate& candidate, Time now) {
  if (!config_.probes) return choose(candidate, now);
  probed_ = candidate.target;
  outputs_.emplace_back(Probe{candidate.target});
}

void ServerSelection::choose_next(Time now) {
  // At the start nobody is overtaken for having the slower name server; later, what is known will
  // do.
  const auto unsettled = std::ranges::find(resolutions_, false, &Resolution::settled);
  const bool wait_for_answers = !has_chosen_ && unsettled != resolutions_.end();
  const auto first_unsettled = static_cast<std::size_t>(unsettled - resolutions_.begin());
  for (const Candidate& candidate : candidates_) {
    if (wait_for_answers && candidate.rank.server >= first_unsettled) break;
    if (!outages_.is_down(candidate.target, now)) return choose(candidate, now);
  }
  if (!wait_for_answers) wait(now);
}

void ServerSelection::wait(Time now) {
  if (!pause_until_) {
    constexpr unsigned kDoublings = 5;  // 5 s, 10 s, ... beyond 2 min
    const Duration bound =
        std::min(kFirstPause * (1U << std::min(pauses_++, kDoublings)), kLongestPause);
    constexpr std::int64_t kSteps = 1'000;
    pause_until_ =
        now + bound / 2 + bound / 2 / kSteps * static_cast<std::int64_t>(random_.below(kSteps + 1));
  }
  if (const Candidate* candidate = longest_down(now)) {
    if (*pause_until_ <= now) return choose(*candidate, now);
    decide_at_ = pause_until_;
  }
  for (const Candidate& candidate : candidates_) {
    decide_at_ = earliest(decide_at_, outages_.find(candidate.target)->until);
  }
  std::string reason = why_none();
  if (reason == told_) return;
  told_ = reason;
  outputs_.emplace_back(NoneLeft{std::move(reason)});
}

// The one whose failure is the oldest; not one that asked to be left alone for longer.
const ServerSelection::Candidate* ServerSelection::longest_down(Time now) const {
  const Candidate* longest = nullptr;
  Time since{};
  for (const Candidate& candidate : candidates_) {
    const Outages::Outage* outage = outages_.find(candidate.target);
    if (outage->not_before && now < *outage->not_before) continue;
    if (longest != nullptr && since <= outage->failed_at) continue;
    longest = &candidate;
    since = outage->failed_at;
  }
  return longest;
}

void ServerSelection::choose(const Candidate& candidate, Time now) {
  current_ = candidate.target;
  rank_ = candidate.rank;
  chosen_at_ = now;
  has_chosen_ = true;
  succeeded_ = false;
  probed_.reset();
  pause_until_.reset();
  decide_at_.reset();
  told_.clear();
  outages_.end(candidate.target, now);
  outputs_.emplace_back(Chosen{candidate.target, candidate.rank.server});
}

std::string ServerSelection::why_none() const {
  std::string reason;
  for (std::size_t i = 0; i < config_.servers.size(); ++i) {
    if (i > 0) reason += "; ";
    reason += config_.servers[i].host + ": " + why_not(i);
  }
  return reason;
}

std::string ServerSelection::why_not(std::size_t server) const {
  const Resolution& resolution = resolutions_[server];
  if (resolution.candidates.empty()) {
    return resolution.settled ? resolution.reason : "its address is being looked up";
  }
  std::string reason;
  for (const Resolution::Candidate& candidate : resolution.candidates) {
    const Outages::Outage* outage = outages_.find(candidate.target);
    if (!reason.empty()) reason += ", ";
    reason += candidate.target.endpoint.to_string() + " " +
              (outage == nullptr ? "has not been tried" : outage->reason);
  }
  return reason;
}

std::optional<Target> ServerSelection::after(const Target& target, Time now) const {
  auto at = std::ranges::find(candidates_, target, &Candidate::target);
  at = at == candidates_.end() ? candidates_.begin() : at + 1;
  at = std::find_if(at, candidates_.end(), [&](const Candidate& candidate) {
    return candidate.target != target && !outages_.is_down(candidate.target, now);
  });
  if (at == candidates_.end()) return std::nullopt;
  return at->target;
}

std::vector<IpAddress> ServerSelection::addresses() const {
  std::vector<IpAddress> found;
  if (current_) found.push_back(current_->endpoint.address);
  for (const Candidate& candidate : candidates_) {
    if (std::ranges::count(found, candidate.target.endpoint.address) == 0) {
      found.push_back(candidate.target.endpoint.address);
    }
  }
  return found;
}

}  // namespace offhook::sip
