#include "media/command_router.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "control/validate.hpp"
#include "media/engine_statistics.hpp"

namespace offhook::media {
namespace {

// The leg that a command is about; nullptr where it names none or several.
const std::string* leg_of(const control::Command& command) {
  switch (command.kind_case()) {
    case control::Command::kSetRemote:
      return &command.set_remote().leg_id();
    case control::Command::kPlay:
      return &command.play().leg_id();
    case control::Command::kStopPlaying:
      return &command.stop_playing().leg_id();
    case control::Command::kSendDigit:
      return &command.send_digit().leg_id();
    case control::Command::kGetStatistics:
      return &command.get_statistics().leg_id();
    default:
      return nullptr;
  }
}

}  // namespace

CommandRouter::CommandRouter(std::size_t workers) : load_(workers, 0) {
  OFFHOOK_ASSERT(workers > 0);
}

void CommandRouter::handle_connected() {
  ++connection_;
  gathering_.clear();
}

void CommandRouter::handle_command(control::Command command) {
  // What makes no sense any worker can say, and nothing of it is remembered.
  if (!control::validate(command)) return send(0, std::move(command));
  switch (command.kind_case()) {
    case control::Command::kAllocateLeg:
      return allocate(std::move(command));
    case control::Command::kBridge:
      return bridge(std::move(command));
    case control::Command::kRenewLease:
      return renew(command);
    case control::Command::kHello:
    case control::Command::kList:
    case control::Command::kUnbridge:
    case control::Command::kGetEngineStatistics:
      return to_all(command);
    case control::Command::kRelease: {
      const std::string leg_id = command.release().leg_id();
      to_leg(leg_id, std::move(command));
      return forget_leg(leg_id);
    }
    default:
      break;
  }
  const std::string* leg_id = leg_of(command);
  OFFHOOK_ASSERT(leg_id != nullptr);
  const WorkerIndex worker = worker_of(*leg_id);
  send(worker, std::move(command));
}

void CommandRouter::allocate(control::Command command) {
  const control::AllocateLeg& wanted = command.allocate_leg();
  const std::string& leg_id = wanted.leg_id();
  if (!legs_.contains(leg_id)) {
    const std::string& name = wanted.group().empty() ? leg_id : wanted.group();
    Group& group = groups_[name];
    if (group.legs == 0) group.worker = least_loaded();
    ++group.legs;
    ++load_[group.worker];
    legs_.emplace(leg_id, Leg{.group = name, .worker = group.worker});
  }
  to_leg(leg_id, std::move(command));
}

void CommandRouter::bridge(control::Command command) {
  const bool has_a = legs_.contains(command.bridge().leg_a());
  const bool has_b = legs_.contains(command.bridge().leg_b());
  const WorkerIndex a = worker_of(command.bridge().leg_a());
  const WorkerIndex b = worker_of(command.bridge().leg_b());
  // The one that has a leg says that it has not the other.
  if (a == b || !has_a || !has_b) return send(has_a ? a : b, std::move(command));
  control::Event event;
  event.set_in_reply_to(command.sequence());
  event.mutable_command_failed()->set_code(control::CommandFailed::INVALID);
  event.mutable_command_failed()->set_leg_id(command.bridge().leg_b());
  event.mutable_command_failed()->set_message(
      "legs that are to be bridged must be allocated in one group");
  outputs_.emplace_back(ToSignal{std::move(event)});
}

void CommandRouter::renew(const control::Command& command) {
  std::map<WorkerIndex, control::Command> parts;
  for (const std::string& leg_id : command.renew_lease().leg_id()) {
    parts[worker_of(leg_id)].mutable_renew_lease()->add_leg_id(leg_id);
  }
  if (parts.empty()) return send(0, command);
  gathering_[command.sequence()].missing = parts.size();
  for (auto& [worker, part] : parts) {
    part.set_sequence(command.sequence());
    send(worker, std::move(part));
  }
}

void CommandRouter::to_all(const control::Command& command) {
  Gathering gathering;
  gathering.missing = load_.size();
  gathering_.insert_or_assign(command.sequence(), std::move(gathering));
  for (WorkerIndex worker = 0; worker < load_.size(); ++worker) send(worker, command);
}

void CommandRouter::to_leg(const std::string& leg_id, control::Command command) {
  send(worker_of(leg_id), std::move(command));
}

void CommandRouter::send(WorkerIndex worker, control::Command command) {
  outputs_.emplace_back(ToWorker{worker, connection_, std::move(command)});
}

void CommandRouter::handle_event(std::uint64_t connection, control::Event event) {
  // A leg that there was no room for is no leg.
  if (event.command_failed().code() == control::CommandFailed::NO_RESOURCES) {
    forget_leg(event.command_failed().leg_id());
  }
  if (event.in_reply_to() != 0 && connection != connection_) return;
  const auto found =
      event.in_reply_to() == 0 ? gathering_.end() : gathering_.find(event.in_reply_to());
  if (found == gathering_.end()) {
    outputs_.emplace_back(ToSignal{std::move(event)});
    return;
  }
  gather(found->second, std::move(event));
  if (found->second.missing > 0) return;
  Gathering gathered = std::move(found->second);
  gathering_.erase(found);
  if (!gathered.pages.empty()) return answer_list(gathered);
  outputs_.emplace_back(ToSignal{std::move(*gathered.answer)});
}

void CommandRouter::gather(Gathering& gathering, control::Event event) {
  if (event.has_leg_list()) {
    if (!event.leg_list().more()) --gathering.missing;
    gathering.pages.push_back(std::move(event));
    return;
  }
  --gathering.missing;
  if (gathering.answer && event.has_engine_statistics()) {
    return add(*gathering.answer->mutable_engine_statistics(), event.engine_statistics());
  }
  if (!gathering.answer || event.has_command_failed()) gathering.answer = std::move(event);
}

void CommandRouter::answer_list(Gathering& gathering) {
  // Each worker says its own totals on each of its pages; the last page of each is counted.
  std::uint32_t total = 0;
  std::uint32_t bridges = 0;
  for (const control::Event& page : gathering.pages) {
    if (page.leg_list().more()) continue;
    total += page.leg_list().total();
    bridges += page.leg_list().bridges();
  }
  // An empty page more is of no use, but one there must be.
  auto& pages = gathering.pages;
  const auto is_empty = [](const control::Event& page) {
    return page.leg_list().leg_id_size() == 0;
  };
  const control::Event spare = pages.back();
  std::erase_if(pages, is_empty);
  if (pages.empty()) pages.push_back(spare);
  for (control::Event& page : pages) {
    page.mutable_leg_list()->set_total(total);
    page.mutable_leg_list()->set_bridges(bridges);
    page.mutable_leg_list()->set_more(&page != &pages.back());
    outputs_.emplace_back(ToSignal{std::move(page)});
  }
}

void CommandRouter::forget_leg(const std::string& leg_id) {
  const auto leg = legs_.find(leg_id);
  if (leg == legs_.end()) return;
  --load_[leg->second.worker];
  const auto group = groups_.find(leg->second.group);
  if (--group->second.legs == 0) groups_.erase(group);
  legs_.erase(leg);
}

CommandRouter::WorkerIndex CommandRouter::least_loaded() const {
  return static_cast<WorkerIndex>(std::ranges::min_element(load_) - load_.begin());
}

CommandRouter::WorkerIndex CommandRouter::worker_of(const std::string& leg_id) const {
  const auto found = legs_.find(leg_id);
  return found == legs_.end() ? 0 : found->second.worker;
}

std::optional<CommandRouter::Output> CommandRouter::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Output output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

}  // namespace offhook::media
