namespace MeetOperator.Signaling.Data;

/// <summary>The Lua of <see cref="RedisPresence"/>: KEYS[1] the entries, KEYS[2] their expiry.</summary>
internal static class PresenceScripts
{
    // Both keys outlive the last entry by an hour, so that a meeting that everybody's instance forgot leaves nothing behind.
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

        """;

    /// <summary>Participant, entry, capacity, ttl → outcome, stored entry.</summary>
    public const string Enter = Head +
        """
        local id, entry, capacity, ttl = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local outcome = 0
        local old = redis.call('HGET', KEYS[1], id)
        if old and alive(id) then
          old = cjson.decode(old)
          for _, kept in ipairs({'audio', 'video', 'audioSilenced', 'videoSilenced', 'since'}) do entry[kept] = old[kept] end
          if old.connected then outcome = 1 end
        elseif redis.call('ZCOUNT', KEYS[2], '(' .. string.format('%.0f', now), '+inf') >= capacity then
          return {2, ''}
        end
        local stored = cjson.encode(entry)
        redis.call('HSET', KEYS[1], id, stored)
        redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
        keep(ttl)
        return {outcome, stored}
        """;

    /// <summary>Participant, entry, capacity, ttl → 1 when there is a place.</summary>
    public const string Reserve = Head +
        """
        local id, entry, capacity, ttl = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local old = redis.call('HGET', KEYS[1], id)
        if old and alive(id) then
          old = cjson.decode(old)
          if old.connected then return 1 end
          for _, kept in ipairs({'audio', 'video', 'audioSilenced', 'videoSilenced', 'since'}) do entry[kept] = old[kept] end
        elseif redis.call('ZCOUNT', KEYS[2], '(' .. string.format('%.0f', now), '+inf') >= capacity then
          return 0
        end
        redis.call('HSET', KEYS[1], id, cjson.encode(entry))
        redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
        keep(ttl)
        return 1
        """;

    /// <summary>ttl, then participant, connection, entry (empty: not to be written again) by threes → participants that were taken over.</summary>
    public const string Renew = Head +
        """
        local ttl, lost = tonumber(ARGV[1]), {}
        for i = 2, #ARGV, 3 do
          local id, old = ARGV[i], redis.call('HGET', KEYS[1], ARGV[i])
          if old and cjson.decode(old).connection ~= ARGV[i + 1] then
            lost[#lost + 1] = id
          elseif old or ARGV[i + 2] ~= '' then
            if not old then redis.call('HSET', KEYS[1], id, ARGV[i + 2]) end
            redis.call('ZADD', KEYS[2], string.format('%.0f', now + ttl), id)
          end
        end
        keep(ttl)
        return lost
        """;

    public const string List = Head +
        """
        local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', now), '+inf')
        local entries = {}
        for _, id in ipairs(ids) do
          local entry = redis.call('HGET', KEYS[1], id)
          if entry then entries[#entries + 1] = entry end
        end
        return entries
        """;

    /// <summary>Participant, audio or video, sending, silenced → the entry now.</summary>
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

    /// <summary>Participant, connection or empty → 1 when removed.</summary>
    public const string Remove =
        """
        local old = redis.call('HGET', KEYS[1], ARGV[1])
        if not old or (ARGV[2] ~= '' and cjson.decode(old).connection ~= ARGV[2]) then return 0 end
        redis.call('HDEL', KEYS[1], ARGV[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        return 1
        """;

    /// <summary>KEYS[1] the sessions; session or empty (all of them) → how many are left, or -1 when it was none of them.</summary>
    public const string EndSession =
        """
        if ARGV[1] == '' then return redis.call('DEL', KEYS[1]) == 1 and 0 or -1 end
        if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then return -1 end
        return redis.call('SCARD', KEYS[1])
        """;

    public const string Sweep = Head +
        """
        local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
        local entries = {}
        for _, id in ipairs(ids) do
          local entry = redis.call('HGET', KEYS[1], id)
          if entry then entries[#entries + 1] = entry end
          redis.call('HDEL', KEYS[1], id)
          redis.call('ZREM', KEYS[2], id)
        end
        return entries
        """;
}
