FROM node AS dev
