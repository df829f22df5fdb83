namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The Lua scripts of <see cref="RedisPresence"/>. KEYS[1]: entries; KEYS[2]: their expiry; KEYS[3]: participants that a host removed.</summary>
internal static class PresenceScripts
{
    // Both keys expire one hour after the last entry, so a meeting leaves nothing behind if its replicas crash.
    private const string Head =
        """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local function keep(ttl)
          redis.call('PEXPIRE', KEYS[1], ttl + 3600000)
          redis.call('PEXPIRE', KEYS[2], ttl + 3600000)
        end
        local function alive(id)
          local until_ = redis.call('ZSCORE', KEYS[2], id)
          return until_ and tonumber(until_) > now
        end
        local function removed(id) return redis.call('SISMEMBER', KEYS[3], id) == 1 end
        local function present() return redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', now), '+inf') end
        local function makeRoom(entry, capacity)
          local ids = present()
          if #ids < capacity then return true end
          local taken, hosts, idle, beyond, empty, kept = #ids, 0, {}, {}, {}, {}
          local function free(id)
            redis.call('HDEL', KEYS[1], id)
            redis.call('ZREM', KEYS[2], id)
          end
          for _, id in ipairs(ids) do
            local stored = redis.call('HGET', KEYS[1], id)
            local other = stored and cjson.decode(stored) or {}
            if other.role == 'host' then
              if other.connected and not other.away then hosts = hosts + 1 else empty[#empty + 1] = id end
            end
            if not other.connected and other.firmUntil then
              local address = other.address or id
              if other.firmUntil <= now then
                idle[#idle + 1] = id
              elseif (kept[address] or 0) < math.max(2, math.ceil(capacity / 4)) then
                kept[address] = (kept[address] or 0) + 1
              else
                beyond[#beyond + 1] = id
              end
            end
          end
          for _, id in ipairs(beyond) do idle[#idle + 1] = id end
          if entry.role == 'host' and hosts == 0 then
            for _, id in ipairs(empty) do free(id) end
            return true
          end
          if taken - #idle >= capacity then return false end
          for _, id in ipairs(idle) do
            if taken < capacity then break end
            free(id)
            taken = taken - 1
          end
          return true
        end

        """;

    /// <summary>Arguments: participant, entry, capacity, TTL. Returns: outcome, stored entry.</summary>
    public const string Enter = Head +
        """
        local id, entry, capacity, ttl = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        if removed(id) then return {3, ''} end
        local outcome = 0
        local old = redis.call('HGET', KEYS[1], id)
        if old and alive(id) then
          old = cjson.decode(old)
          for _, kept in ipairs({'audio', 'video', 'audioSilenced', 'videoSilenced', 'since'}) do entry[kept] = old[kept] end
          if old.connected then outcome = 1 end
        elseif not makeRoom(entry, capacity) then
          return {2, ''}
        end
        local stored = cjson.encode(entry)
        redis.call('HSET', KEYS[1], id, stored)
        redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
        keep(ttl)
        return {outcome, stored}
        """;

    /// <summary>Arguments: participant, entry, capacity, TTL, milliseconds for which the reservation is firm. Returns: outcome.</summary>
    public const string Reserve = Head +
        """
        local id, entry, capacity, ttl = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        if removed(id) then return 3 end
        local old = redis.call('HGET', KEYS[1], id)
        if old and alive(id) then
          old = cjson.decode(old)
          if old.connected then return 1 end
          for _, kept in ipairs({'audio', 'video', 'audioSilenced', 'videoSilenced', 'since'}) do entry[kept] = old[kept] end
        elseif not makeRoom(entry, capacity) then
          return 2
        end
        entry.firmUntil = now + tonumber(ARGV[5])
        redis.call('HSET', KEYS[1], id, cjson.encode(entry))
        redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
        keep(ttl)
        return 0
        """;

    /// <summary>
    /// Renews many meetings in one call, with three KEYS per meeting. Arguments per meeting: TTL, entry count, then participant, connection and entry for each
    /// entry (an empty entry is not written again). Returns per meeting: participants with a newer connection, participants that a host removed. An unreadable
    /// entry counts as missing, because an error would abort the script for all meetings.
    /// </summary>
    public const string Renew =
        """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        local function read(stored)
          local ok, entry = pcall(cjson.decode, stored)
          return ok and type(entry) == 'table' and entry
        end
        local answers, at = {}, 1
        for k = 1, #KEYS, 3 do
          local ttl, takenOver, removedIds = tonumber(ARGV[at]), {}, {}
          local last = at + 1 + 3 * tonumber(ARGV[at + 1])
          for i = at + 2, last, 3 do
            local id, old = ARGV[i], read(redis.call('HGET', KEYS[k], ARGV[i]))
            if redis.call('SISMEMBER', KEYS[k + 2], id) == 1 then
              removedIds[#removedIds + 1] = id
            elseif old and old.connection ~= ARGV[i + 1] then
              takenOver[#takenOver + 1] = id
            elseif old or ARGV[i + 2] ~= '' then
              if not old then redis.call('HSET', KEYS[k], id, ARGV[i + 2]) end
              redis.call('ZADD', KEYS[k + 1], string.format('%.0f', now + ttl), id)
            end
          end
          redis.call('PEXPIRE', KEYS[k], ttl + 3600000)
          redis.call('PEXPIRE', KEYS[k + 1], ttl + 3600000)
          answers[#answers + 1] = {takenOver, removedIds}
          at = last + 1
        end
        return answers
        """;

    /// <summary>
    /// Arguments: TTL, then participant, entry and previous connection (or empty) for each claim. Returns: participants with a newer connection, participants
    /// that a host removed.
    /// </summary>
    public const string Claim = Head +
        """
        local ttl, takenOver, removedIds = tonumber(ARGV[1]), {}, {}
        for i = 2, #ARGV, 3 do
          local old = alive(ARGV[i]) and redis.call('HGET', KEYS[1], ARGV[i])
          local held = old and cjson.decode(old) or {}
          local before = ARGV[i + 2]
          if removed(ARGV[i]) then
            removedIds[#removedIds + 1] = ARGV[i]
          elseif held.connected and before ~= '' and held.connection ~= before and held.connection ~= cjson.decode(ARGV[i + 1]).connection then
            takenOver[#takenOver + 1] = ARGV[i]
          else
            redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
            redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), ARGV[i])
          end
        end
        keep(ttl)
        return {takenOver, removedIds}
        """;

    public const string List = Head +
        """
        local entries = {}
        for _, id in ipairs(present()) do
          local entry = redis.call('HGET', KEYS[1], id)
          if entry and not removed(id) then entries[#entries + 1] = entry end
        end
        return entries
        """;

    /// <summary>Arguments: participant, "audio" or "video", sending, muted by others. Returns: the updated entry.</summary>
    public const string SetMedia = Head +
        """
        local old = redis.call('HGET', KEYS[1], ARGV[1])
        if not old then return '' end
        local entry = cjson.decode(old)
        entry[ARGV[2]], entry[ARGV[2] .. 'Silenced'] = ARGV[3] == 'true', ARGV[4] == 'true'
        local stored = cjson.encode(entry)
        redis.call('HSET', KEYS[1], ARGV[1], stored)
        return stored
        """;

    /// <summary>Arguments: participant, connection. Returns: 1 if the entry was marked.</summary>
    public const string MarkAway =
        """
        local old = redis.call('HGET', KEYS[1], ARGV[1])
        if not old then return 0 end
        local entry = cjson.decode(old)
        if entry.connection ~= ARGV[2] then return 0 end
        entry.away = true
        redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(entry))
        return 1
        """;

    /// <summary>Arguments: participant, connection. Returns: 1 if the entry was removed.</summary>
    public const string Remove =
        """
        local old = redis.call('HGET', KEYS[1], ARGV[1])
        if not old or cjson.decode(old).connection ~= ARGV[2] then return 0 end
        redis.call('HDEL', KEYS[1], ARGV[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        return 1
        """;

    /// <summary>Arguments: participant, milliseconds for which the removal is remembered. Returns: 1 if there was an entry.</summary>
    public const string Expel =
        """
        redis.call('SADD', KEYS[3], ARGV[1])
        redis.call('PEXPIRE', KEYS[3], ARGV[2])
        redis.call('ZREM', KEYS[2], ARGV[1])
        return redis.call('HDEL', KEYS[1], ARGV[1])
        """;

    /// <summary>KEYS[1]: sessions. Arguments: session, or empty for all. Returns: number of remaining sessions, or -1 if the session did not exist.</summary>
    public const string EndSession =
        """
        if ARGV[1] == '' then return redis.call('DEL', KEYS[1]) == 1 and 0 or -1 end
        if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then return -1 end
        return redis.call('SCARD', KEYS[1])
        """;

    /// <summary>Sweeps many meetings in one call, with three KEYS per meeting. Returns per meeting: the expired entries.</summary>
    public const string Sweep =
        """
        local t = redis.call('TIME')
        local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
        local answers = {}
        for k = 1, #KEYS, 3 do
          local entries = {}
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k + 1], '-inf', now)) do
            local entry = redis.call('HGET', KEYS[k], id)
            if entry then entries[#entries + 1] = entry end
            redis.call('HDEL', KEYS[k], id)
            redis.call('ZREM', KEYS[k + 1], id)
          end
          answers[#answers + 1] = entries
        end
        return answers
        """;
}
