import { describe, expect, it, vi } from 'vitest';
import { watchConditions } from '../src/features/saving/conditions';
import { dataUseOf, isBatteryLow, savedView, savingFor, type Conditions } from '../src/features/saving/saving';

const desk: Conditions = { savesData: false, lowBattery: false, isPhone: false };

describe('the use of data', () => {
  it('is not limited on a computer, unless the person wants that', () => {
    expect(savingFor('automatic', desk)).toMatchObject({ cameraBitsPerSecond: null, receivedHeight: Infinity, tiles: Infinity, reason: null });
    expect(savingFor('reduced', desk)).toMatchObject({ cameraBitsPerSecond: 1_500_000, reason: null });
    expect(savingFor('low', desk)).toMatchObject({ cameraBitsPerSecond: 500_000, reason: null });
  });

  it.each([
    [{ savesData: true }, 500_000, 'data'], [{ lowBattery: true }, 500_000, 'battery'], [{ isPhone: true }, 1_500_000, 'phone'],
    [{ isPhone: true, savesData: true }, 500_000, 'data'], [{ isPhone: true, lowBattery: true }, 500_000, 'battery'],
  ])('is limited automatically with %o', (part, limit, reason) => {
    expect(savingFor('automatic', { ...desk, ...part })).toMatchObject({ cameraBitsPerSecond: limit, reason });
  });

  it('a choice of the person counts more than the device', () => {
    expect(savingFor('reduced', { savesData: true, lowBattery: true, isPhone: true })).toMatchObject({ cameraBitsPerSecond: 1_500_000, reason: null });
  });

  it('each step sends and receives less', () => {
    const steps = [savingFor('automatic', desk), savingFor('reduced', desk), savingFor('low', desk)];
    for (const [index, step] of steps.slice(1).entries()) {
      const before = steps[index]!;
      expect(step.camera.height).toBeLessThan(before.camera.height);
      expect(step.camera.frameRate).toBeLessThan(before.camera.frameRate);
      expect(step.receivedHeight).toBeLessThan(before.receivedHeight);
      expect(step.tiles).toBeLessThan(before.tiles);
    }
  });

  it.each([[undefined, 'automatic'], ['low', 'low'], ['tiny', 'automatic'], [3, 'automatic']])('%o is remembered as %s', (remembered, use) => {
    expect(dataUseOf(remembered)).toBe(use);
  });

  it('cameras are requested smaller with their shape kept, and screens are not', () => {
    const view = savedView([
      { participantId: 'ada', source: 'camera', width: 1280, height: 720 }, { participantId: 'bob', source: 'camera', width: 160, height: 90 },
      { participantId: 'ada', source: 'screen', width: 1920, height: 1080 },
    ], savingFor('low', desk));
    expect(view.map(({ width, height }) => [width, height])).toEqual([[320, 180], [160, 90], [1920, 1080]]);
  });
});

describe('the battery', () => {
  it('is low below a fifth, until it has a quarter or charges', () => {
    expect(isBatteryLow(false, { level: 0.21, charging: false })).toBe(false);
    expect(isBatteryLow(false, { level: 0.19, charging: false })).toBe(true);
    expect(isBatteryLow(true, { level: 0.24, charging: false })).toBe(true);
    expect(isBatteryLow(true, { level: 0.26, charging: false })).toBe(false);
    expect(isBatteryLow(true, { level: 0.05, charging: true })).toBe(false);
  });
});

describe('the conditions of the device', () => {
  const settle = async () => { for (let turn = 0; turn < 5; turn++) await Promise.resolve(); };
  const battery = Object.assign(new EventTarget(), { level: 0.5, charging: false });

  it('are followed until nobody watches any more', async () => {
    const connection = Object.assign(new EventTarget(), { saveData: false });
    const changed = vi.fn();
    const stop = watchConditions({ userAgent: 'Desk', connection, getBattery: async () => battery }, changed);
    expect(changed).toHaveBeenLastCalledWith(desk);
    await settle();
    battery.level = 0.1;
    battery.dispatchEvent(new Event('levelchange'));
    expect(changed).toHaveBeenLastCalledWith({ ...desk, lowBattery: true });
    connection.saveData = true;
    connection.dispatchEvent(new Event('change'));
    expect(changed).toHaveBeenLastCalledWith({ savesData: true, lowBattery: true, isPhone: false });
    stop();
    const calls = changed.mock.calls.length;
    battery.dispatchEvent(new Event('chargingchange'));
    connection.dispatchEvent(new Event('change'));
    expect(changed).toHaveBeenCalledTimes(calls);
  });

  it.each([[{ userAgent: 'Mozilla/5.0 (Linux; Android 14) Mobile Safari' }, true], [{ userAgent: 'Mozilla/5.0 (X11; Linux)' }, false], [{ userAgent: 'Mobile', userAgentData: { mobile: false } }, false]])(
    'a browser that tells nothing else is a phone or not: %o', (device, isPhone) => {
      const changed = vi.fn();
      watchConditions(device, changed)();
      expect(changed).toHaveBeenCalledWith({ ...desk, isPhone });
    });
});
