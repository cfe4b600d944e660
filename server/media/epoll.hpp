#pragma once

#include <cstdint>

#include <sys/epoll.h>

namespace offhook::media {

// Reports `fd` under `tag`. False: the descriptor is none that can be waited for, or the system's
// limit is reached; errno says which.
inline bool watch(int epoll, int fd, std::uint64_t tag, std::uint32_t events = EPOLLIN) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace offhook::media
