// Runs an Argo CD health check in a Lua interpreter written in JavaScript.
import fengari from 'fengari';

const { lua, lauxlib, lualib, to_luastring: bytes, to_jsstring: text } = fengari;

function push(state, value) {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null)) {
    lua.lua_newtable(state);
    for (const [key, inner] of Object.entries(value)) {
      if (Array.isArray(value)) lua.lua_pushinteger(state, Number(key) + 1);
      else lua.lua_pushstring(state, bytes(key));
      push(state, inner);
      lua.lua_settable(state, -3);
    }
  } else if (typeof value === 'string') lua.lua_pushstring(state, bytes(value));
  else if (typeof value === 'boolean') lua.lua_pushboolean(state, value);
  else if (Number.isInteger(value)) lua.lua_pushinteger(state, value);
  else if (typeof value === 'number') lua.lua_pushnumber(state, value);
  else lua.lua_pushnil(state);
}

/** @returns {{status: string, message: string}} */
export function health(script, object) {
  const state = lauxlib.luaL_newstate();
  // Argo CD gives scripts no io and os libraries, so only the base functions are loaded.
  lauxlib.luaL_requiref(state, bytes('_G'), lualib.luaopen_base, 1);
  push(state, object);
  lua.lua_setglobal(state, bytes('obj'));
  if (lauxlib.luaL_dostring(state, bytes(script)) !== lua.LUA_OK) throw new Error(text(lua.lua_tostring(state, -1)));
  const field = name => {
    lua.lua_getfield(state, -1, bytes(name));
    const value = lua.lua_tostring(state, -1);
    lua.lua_pop(state, 1);
    return value === null ? null : text(value);
  };
  return { status: field('status'), message: field('message') };
}
