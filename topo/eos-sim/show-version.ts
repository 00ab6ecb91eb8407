import type { Switch } from './switch.ts';

const MAC = '02:4e:41:53:00:01';
const TOTAL_KB = 4_002_360;
const FREE_KB = 2_770_140;

/** `show version`. Which fields clients read: napalm eos `open`, `get_facts`; netmiko; scrapli_cfg. */
export function showVersion(device: Switch): { text: string; json: Record<string, unknown> } {
  const { model, version } = device.profile;
  const uptime = (device.clock.now() - device.booted) / 1000;
  const hours = Math.floor(uptime / 3600);
  const minutes = Math.floor(uptime / 60) % 60;
  const build = `${version}-naas.sim`;
  const text = [
    `Arista ${model}`,
    'Hardware version: ',
    `Serial number: ${device.serial}`,
    `Hardware MAC address: ${MAC.replaceAll(':', '').replace(/(.{4})(?=.)/g, '$1.')}`,
    `System MAC address: ${MAC.replaceAll(':', '').replace(/(.{4})(?=.)/g, '$1.')}`,
    '',
    `Software image version: ${version}`,
    'Architecture: x86_64',
    `Internal build version: ${build}`,
    'Internal build ID: 00000000-0000-0000-0000-000000000000',
    'Image format version: 3.0',
    'Image optimization: None',
    '',
    `Uptime: ${hours} hours and ${minutes} minutes`,
    `Total memory: ${TOTAL_KB} kB`,
    `Free memory: ${FREE_KB} kB`,
    '',
  ].join('\n');
  const json = {
    mfgName: 'Arista',
    modelName: model,
    hardwareRevision: '',
    serialNumber: device.serial,
    systemMacAddress: MAC,
    hwMacAddress: MAC,
    configMacAddress: '00:00:00:00:00:00',
    version,
    architecture: 'x86_64',
    internalVersion: build,
    internalBuildId: '00000000-0000-0000-0000-000000000000',
    imageFormatVersion: '3.0',
    imageOptimization: 'None',
    bootupTimestamp: device.booted / 1000,
    uptime,
    memTotal: TOTAL_KB,
    memFree: FREE_KB,
    isIntlVersion: false,
  };
  return { text, json };
}
